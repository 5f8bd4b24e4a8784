# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installation would take: packages, bytes, room on the disk, obstacles. Standard library only."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ..engine import errors, installed_engines, places, protocol, registry, transfer
from . import accelerators, environments, pylock
from .check_python import BasePython, examine
from .obstacles import obstacles
from .output import JOB
from .wish import Wish

_RESERVE_BYTES = 500_000_000  # left free: a full disk stops other programs, too


@dataclass(frozen=True)
class InstallationPlan:
    """What an installation would do; without a `lock` it can do nothing.

    `wheels`: all that are needed, which are the lock's, uv's and, where the draft models are wanted and not there yet,
    theirs, `weights`. `download_bytes`: the size of those that lie in no folder here. `state`: see
    `environments.state`. `problems`: what stands in the way, the weightiest first.
    """

    base: BasePython
    accelerator: str
    accelerators: tuple[str, ...]
    detected: str
    lock: pylock.Pylock | None
    tools: pylock.Tools | None = None
    weights: transfer.Wheel | None = None
    wheels: tuple[transfer.Wheel, ...] = ()
    download_bytes: int = 0
    needed_bytes: int = 0
    free_bytes: int = 0
    state: str = "none"
    problems: tuple[errors.FcvgError, ...] = ()

    def message(self) -> protocol.InstallPlan:
        """Return the plan as people and Blender are told of it."""
        stamp = installed_engines.current()
        return protocol.InstallPlan(
            JOB,
            accelerator=self.accelerator,
            accelerators=list(self.accelerators),
            detected=self.detected,
            packages=len(self.lock.wheels) if self.lock else 0,
            download_bytes=self.download_bytes,
            needed_bytes=self.needed_bytes,
            free_bytes=self.free_bytes,
            folder=str(installed_engines.engines()),
            state=self.state,
            engine=stamp.sentence() if stamp else "",
            problems=[f"{each.message} {each.hint}".strip() for each in self.problems],
        )


def downloads() -> Path:
    """Return the folder in which wheels are kept for repair and update."""
    return places.user_data() / "downloads"


def plan(wish: Wish) -> InstallationPlan:
    """Plan what `wish` comes to on this computer. Raises BadRequest when the lock it names cannot be read."""
    base, here = examine(wish.base), pylock.platform()
    found = accelerators.detect(here, base.minor)
    choices = pylock.accelerators(here, base.minor)
    accelerator = found.accelerator if wish.accelerator == "auto" else wish.accelerator
    lock, no_lock = None, None
    try:
        lock = _lock(wish, here, accelerator, base.minor)
    except errors.MissingPart as error:
        no_lock = error
    empty = InstallationPlan(base, accelerator, tuple(choices), found.sentence, lock)
    stamp = installed_engines.current()
    outdated = stamp is not None and (stamp.lock_sha256 != lock.sha256 if wish.lock and lock else _is_outdated(stamp))
    made = replace(_fill(empty, wish, downloads()), state=environments.state(outdated))
    return replace(made, problems=tuple(obstacles(made, wish, no_lock)))


def plan_download(wish: Wish, into: Path) -> InstallationPlan:
    """Plan to bring all that an installation needs, maybe on another computer, into the folder `into`. Raises
    BadRequest, MissingPart."""
    here = wish.platform or pylock.platform()
    python = wish.python or examine(wish.base).minor
    choices = pylock.accelerators(here, python)
    accelerator = wish.accelerator
    if accelerator == "auto" and not wish.lock:
        if here != pylock.platform():
            raise errors.BadRequest(
                f"What the other computer computes with cannot be seen from here ({here}).",
                f"Say it with --accelerator: {', '.join(choices)}.",
            )
        accelerator = accelerators.detect(here, python).accelerator
    lock = _lock(wish, here, accelerator, python)
    return _fill(InstallationPlan(BasePython(Path(), python), accelerator, tuple(choices), "", lock), wish, into)


def _lock(wish: Wish, platform: str, accelerator: str, python: str) -> pylock.Pylock:
    return pylock.read(wish.lock) if wish.lock else pylock.find(platform, accelerator, python)


def _fill(plan: InstallationPlan, wish: Wish, into: Path) -> InstallationPlan:
    """Return the plan with the wheels that it takes, and the bytes of those that neither `into` nor a folder of wheels
    has."""
    plan = replace(plan, free_bytes=_free_bytes(into))
    if plan.lock is None:
        return plan
    tools = pylock.tools(plan.lock.platform)
    weights = tools.weights if wish.weights and (wish.to or not _weights_are_there()) else None
    wheels = tuple(each for each in (*plan.lock.wheels, tools.uv, weights) if each is not None)
    new = [each for each in wheels if not _is_there(each, into)]
    absent = [each for each in new if not any(_is_there(each, folder) for folder in wish.where.folders)]
    unpacked_bytes = 0 if wish.to else plan.lock.unpacked_bytes
    return replace(
        plan,
        tools=tools,
        weights=weights,
        wheels=wheels,
        download_bytes=_size_bytes(absent, plan.lock),
        needed_bytes=_size_bytes(new, plan.lock) + unpacked_bytes + _RESERVE_BYTES,
    )


def _size_bytes(wheels: list[transfer.Wheel], lock: pylock.Pylock) -> int:
    """Return the size of all `wheels`. For those whose size nobody has published it takes the lock's guess."""
    guess = lock.download_bytes - sum(each.size_bytes for each in lock.wheels)
    return sum(each.size_bytes for each in wheels) + (guess if any(not each.size_bytes for each in wheels) else 0)


def _is_outdated(stamp: installed_engines.EngineStamp) -> bool:
    """Whether an engine of this kind would be made of other packages today."""
    python = ".".join(stamp.python.split(".")[:2])
    here = pylock.platform()
    if stamp.accelerator not in pylock.accelerators(here, python):
        return True
    return pylock.find(here, stamp.accelerator, python).sha256 != stamp.lock_sha256


def _is_there(wheel: transfer.Wheel, folder: Path) -> bool:
    """Whether a file of that name and size is in `folder`. Its content is compared later, when it is used."""
    try:
        size_bytes = (folder / wheel.file).stat().st_size
    except OSError:
        return False
    return wheel.size_bytes in (0, size_bytes)


def _weights_are_there() -> bool:
    """Whether all models that come in a wheel are in the models folder already."""
    folder = Path(os.environ.get("FCVG_MODELS") or places.user_data() / "models")
    models = [model for model in registry.models().values() if model.sources[0].kind == "wheel"]
    try:
        return all((folder / file.path).stat().st_size == file.size_bytes for model in models for file in model.files)
    except OSError:
        return False


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.is_dir())).free
