"""What an installation would take, and what stands in its way: looked at before any work. Standard library only."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..engine import errors, installed_engines, places, protocol, registry, transfer
from . import accelerators, environments, pylock
from .output import JOB, size_in_words
from .pythons import MINORS

RESERVE_BYTES = 500_000_000  # a disk that is full to the brim stops more than us
LONGEST_INSIDE = 200  # characters; torch has a licence text whose path below site-packages takes 171
WINDOWS_PATH_LIMIT = 259

_ASK = "import json, sys; print(json.dumps([*sys.version_info[:3], sys.maxsize > 2**32, sys.implementation.name]))"
_ASK_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Wish:
    """What the user asks of the installer.

    `base`: the Python to make the engine with, None for the one that runs. `where`: the places its parts may come from.
    `lock`: a pylock of the user's own, instead of the add-on's. `weights`: bring the draft models too. `test`: frame or
    none, made after the build. `free_downloads`: for remove. `to`, `platform` and `python` (as 3.13): for download.
    """

    base: Path | None = None
    accelerator: str = "auto"
    where: transfer.Places = field(default_factory=transfer.Places)
    lock: Path | None = None
    weights: bool = True
    test: str = "frame"
    free_downloads: bool = False
    to: Path | None = None
    platform: str = ""
    python: str = ""


@dataclass(frozen=True)
class Base:
    """A Python to make the engine with; `version` such as 3.13.1. `problem`: why it will not do, or empty."""

    path: Path
    version: str
    problem: str = ""

    @property
    def minor(self) -> str:
        """Such as 3.13."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True)
class InstallationPlan:
    """What is to be done; without a `lock` nothing can be.

    `parts`: all files that are needed, the lock's wheels, uv and, where they are wanted and not there yet, the draft
    models, `weights`. `download_bytes`: of those that lie in no folder here. `state`: see `environments.state`;
    `problems` as errors, the weightiest first.
    """

    base: Base
    accelerator: str
    accelerators: tuple[str, ...]
    detected: str
    lock: pylock.Pylock | None
    tools: pylock.Tools | None = None
    weights: transfer.Wheel | None = None
    parts: tuple[transfer.Wheel, ...] = ()
    download_bytes: int = 0
    needed_bytes: int = 0
    free_bytes: int = 0
    state: str = "none"
    problems: tuple[errors.FcvgError, ...] = ()

    def message(self) -> protocol.InstallPlan:
        """The plan as told to people and Blender."""
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
    """Where wheels are kept for repair and update."""
    return places.user_data() / "downloads"


def examine(base: Path | None) -> Base:
    """The Python at `base`, asked itself; None is the one that runs."""
    path = base or Path(getattr(sys, "_base_executable", "") or sys.executable)
    try:
        asked = subprocess.run(
            [str(path), "-I", "-c", _ASK], capture_output=True, text=True, timeout=_ASK_TIMEOUT_S, check=True
        )
        major, minor, micro, is_64_bit, kind = json.loads(asked.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return Base(path, "", f"{path} is no Python that runs.")
    version = f"{major}.{minor}.{micro}"
    if kind != "cpython" or major != 3 or minor not in MINORS or not is_64_bit:
        return Base(path, version, f"{path} is {kind} {version}; a 64-bit Python from 3.11 to 3.13 is needed.")
    return Base(path, version)


def _problems(plan: InstallationPlan, wish: Wish, obstacle: errors.FcvgError | None) -> Iterator[errors.FcvgError]:
    """All that would keep an installation from succeeding; `obstacle`: why there is no lock."""
    if plan.base.problem:
        hint = "Choose another Python with --python, or use a Blender from blender.org."
        yield errors.InstallFailed(plan.base.problem, hint)
    elif obstacle is not None:
        yield obstacle
    elif plan.lock is not None and (problem := _too_old(plan.lock)):
        yield errors.InstallFailed(problem, "Update the system, or use another computer.")
    folder = places.user_data()
    if problem := _not_writable(folder):
        yield errors.DiskError(problem, "Change its permissions, or choose another folder for the user's data.")
    if plan.download_bytes and wish.where.offline:
        yield errors.DownloadFailed(
            f"{size_in_words(plan.download_bytes)} have to be downloaded, but online access is off.",
            "Allow Online Access in Preferences ▸ System ▸ Network, or install from a folder.",
        )
    if plan.needed_bytes > plan.free_bytes:
        yield errors.DiskError(
            f"{size_in_words(plan.needed_bytes)} are needed on the disk of {folder}, "
            f"{size_in_words(plan.free_bytes)} are free.",
            "Free some space there.",
        )
    if os.name == "nt" and len(str(installed_engines.engines())) + LONGEST_INSIDE > WINDOWS_PATH_LIMIT:
        yield errors.DiskError(
            f"The folder's name is too long for Windows: {installed_engines.engines()}.",
            "Set LOCALAPPDATA to a shorter folder, or let an administrator enable long paths.",
        )


def plan(wish: Wish) -> InstallationPlan:
    """What the wish comes to on this computer. Raises BadRequest when its own lock cannot be read."""
    base, here = examine(wish.base), pylock.platform()
    found = accelerators.detect(here, base.minor)
    choices = pylock.accelerators(here, base.minor)
    accelerator = found.accelerator if wish.accelerator == "auto" else wish.accelerator
    lock, obstacle = None, None
    try:
        lock = _lock(wish, here, accelerator, base.minor)
    except errors.MissingPart as error:
        obstacle = error
    plan = _fill(InstallationPlan(base, accelerator, tuple(choices), found.sentence, lock), wish, downloads())
    stamp = installed_engines.current()
    outdated = stamp is not None and (stamp.lock_sha256 != lock.sha256 if wish.lock and lock else _is_outdated(stamp))
    plan = replace(plan, state=environments.state(outdated))
    return replace(plan, problems=tuple(_problems(plan, wish, obstacle)))


def plan_download(wish: Wish, into: Path) -> InstallationPlan:
    """The same for a computer that may be another, with everything coming to `into`. Raises BadRequest, MissingPart."""
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
    return _fill(InstallationPlan(Base(Path(), python), accelerator, tuple(choices), "", lock), wish, into)


def _lock(wish: Wish, platform: str, accelerator: str, python: str) -> pylock.Pylock:
    return pylock.read(wish.lock) if wish.lock else pylock.find(platform, accelerator, python)


def _fill(plan: InstallationPlan, wish: Wish, into: Path) -> InstallationPlan:
    """The plan with what is needed for it, and how much of that is not in `into` nor in a folder of wheels."""
    plan = replace(plan, free_bytes=_free_bytes(into))
    if plan.lock is None:
        return plan
    tools = pylock.tools(plan.lock.platform)
    weights = tools.weights if wish.weights and (wish.to or not _weights_are_there()) else None
    parts = tuple(each for each in (*plan.lock.wheels, tools.uv, weights) if each is not None)
    new = [each for each in parts if not _is_there(each, into)]
    absent = [each for each in new if not any(_is_there(each, folder) for folder in wish.where.folders)]
    unpacked_bytes = 0 if wish.to else plan.lock.unpacked_bytes
    return replace(
        plan,
        tools=tools,
        weights=weights,
        parts=parts,
        download_bytes=_size_bytes(absent, plan.lock),
        needed_bytes=_size_bytes(new, plan.lock) + unpacked_bytes + RESERVE_BYTES,
    )


def _size_bytes(wheels: list[transfer.Wheel], lock: pylock.Pylock) -> int:
    """Of all `wheels`; the lock has a guess for those of its own whose size nobody has published."""
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
    """Whether a file of that name and size is in `folder`; what is in it is looked at when it is used."""
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


def _too_old(lock: pylock.Pylock) -> str:
    """Why this system cannot run the lock's packages, or empty."""
    if sys.platform == "linux" and lock.least_glibc:
        library, version = platform.libc_ver()
        if library != "glibc":
            return "The packages need a Linux with glibc, which this one does not have."
        if _numbers(version) < _numbers(lock.least_glibc):
            return f"This Linux is too old: it has glibc {version}, and {lock.least_glibc} is needed."
    if sys.platform == "darwin" and lock.least_macos:
        version = platform.mac_ver()[0]
        if _numbers(version) < _numbers(lock.least_macos):
            return f"This macOS is too old: it is {version}, and {lock.least_macos} is needed."
    return ""


def _numbers(version: str) -> list[int]:
    return [int(each) for each in version.split(".") if each.isdigit()]


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns the system's errors about `folder` into sentences."""
    try:
        yield
    except OSError as error:
        raise explain_disk(error, folder) from error


def explain_disk(error: OSError, folder: Path) -> errors.DiskError:
    """The system's error in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return errors.DiskError(f"The disk is full: {folder}", "Free some space and try again; downloads are kept.")
    return errors.DiskError(
        f"{error.filename or folder} cannot be written: {error.strerror or error}.",
        "Check its permissions, and that its disk is still there.",
    )


def _not_writable(folder: Path) -> str:
    """Why nothing can be put into `folder` or the nearest folder above it that is there; or empty."""
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return ""
    return f"{nearest} may not be written to." if nearest.is_dir() else f"{nearest} is a file, not a folder."


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.is_dir())).free
