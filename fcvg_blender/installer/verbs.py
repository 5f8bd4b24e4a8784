"""What the installer's verbs do. Each returns its final message; all raise FcvgError, Cancelled, OSError."""

from __future__ import annotations

import datetime
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ..engine import errors, file_lock, installed_engines, places, protocol, transfer
from ..engine.installed_engines import EngineStamp
from . import building, environments
from . import plan as checking
from .building import Watch
from .cancellation import Stop
from .output import JOB, Teller, size_in_words
from .plan import InstallationPlan, Wish

_TAIL_LINES = 60
_FETCHED, _BUILT, _WEIGHTS_TAKEN = 0.7, 0.9, 0.94  # of the whole, so that a bar moves evenly enough


class Work:
    """One verb at work: how far it is, and whether it is to stop."""

    def __init__(self, wish: Wish, teller: Teller, stop: Stop) -> None:
        self.wish = wish
        self.stop = stop
        self._teller = teller

    def step(self, stage: str, fraction: float, rate: transfer.Rate | None = None) -> None:
        """Tells how far it is. Raises Cancelled."""
        self.stop.check()
        if rate is None:
            self._teller.progress(protocol.Progress(JOB, stage, fraction))
        else:
            amounts = (rate.done_bytes, rate.total_bytes, rate.bytes_per_s)
            self._teller.progress(protocol.Progress(JOB, stage, fraction, rate.eta_s, *amounts))

    def part(self, begin: float, end: float) -> Watch:
        """For a part of the work that takes from `begin` to `end` of the whole."""
        return Watch(log(), self.stop, lambda stage, fraction: self.step(stage, begin + (end - begin) * fraction))

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Only one installs at a time; whether another had to be waited for."""
        waited = False

        def wait() -> None:
            nonlocal waited
            waited = True
            self.step("Waiting for another Blender to finish installing", 0.0)

        with checking.disk_errors(places.user_data()):
            places.user_data().mkdir(parents=True, exist_ok=True)
        with file_lock.held(places.user_data() / "install.lock", wait):
            yield waited


def check(wish: Wish, teller: Teller, stop: Stop) -> protocol.InstallPlan:
    """What an installation would do."""
    return checking.plan(wish).message()


def install(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """An engine by the wish's lock, unless it is there."""
    return _make(Work(wish, teller, stop), always=False)


def update(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """The same, for the accelerator that the engine in use was made for."""
    stamp = installed_engines.current()
    if stamp is not None and wish.accelerator == "auto":
        wish = replace(wish, accelerator=stamp.accelerator)
    return install(wish, teller, stop)


def repair(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """A new environment even where the old one looks whole."""
    folder = installed_engines.pointed()
    stamp = installed_engines.stamp_of(folder) if folder else None
    if stamp is not None and wish.accelerator == "auto":
        wish = replace(wish, accelerator=stamp.accelerator)
    return _make(Work(wish, teller, stop), always=True)


def remove(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """No engine of the installer's any more; models stay, and so do downloads unless the wish says otherwise."""
    with Work(wish, teller, stop).turn():
        environments.forget()
        notes = []
        if not environments.sweep():
            notes.append("An engine is still running; it is removed with the next installation or removal.")
        if wish.free_downloads:
            shutil.rmtree(checking.downloads(), ignore_errors=True)
    return status(wish, teller, stop, notes)


def free(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """The engine without the packages that it was made of."""
    with Work(wish, teller, stop).turn():
        files = [each for each in checking.downloads().rglob("*") if each.is_file()]
        freed_bytes = sum(each.stat().st_size for each in files)
        shutil.rmtree(checking.downloads(), ignore_errors=True)
    return status(wish, teller, stop, [f"{size_in_words(freed_bytes)} of downloads are gone."])


def status(wish: Wish, teller: Teller, stop: Stop, notes: list[str] | None = None) -> protocol.Installed:
    """What is there."""
    plan = checking.plan(wish)
    told = plan.message()
    return protocol.Installed(JOB, told.state, told.engine, str(installed_engines.pointed() or ""), notes or [])


def download(wish: Wish, teller: Teller, stop: Stop) -> protocol.Installed:
    """All that an installation needs, in one folder, for a computer without a network."""
    if wish.to is None:
        raise errors.BadRequest("No folder to download to is given.", "Name one with --to.")
    plan = checking.plan_download(wish, wish.to)
    with checking.disk_errors(wish.to):
        wish.to.mkdir(parents=True, exist_ok=True)
    _fetch(Work(wish, teller, stop), plan, wish.to, 1.0)
    note = f"{len(plan.parts)} files are in {wish.to}. Install with: install --from FOLDER"
    return protocol.Installed(JOB, plan.state, "", str(wish.to), [note])


def explain(error: Exception) -> errors.FcvgError:
    """`error` in words for the user."""
    if isinstance(error, errors.FcvgError):
        return error
    if isinstance(error, OSError):
        return checking.explain_disk(error, places.user_data())
    return errors.InstallFailed(
        f"The installer stopped unexpectedly: {type(error).__name__}: {error!s:.200}", "Copy the report and send it."
    )


def log() -> Path:
    """What the programs said that the installer ran."""
    return places.user_data() / "install.log"


def log_tail(since_s: float) -> str:
    """The end of it, when anything was written since then (seconds since the epoch)."""
    with suppress(OSError):
        if log().stat().st_mtime < since_s:
            return ""
        return "\n".join(log().read_text("utf-8", "replace").splitlines()[-_TAIL_LINES:])
    return ""


def _make(work: Work, always: bool) -> protocol.Installed:
    wish = work.wish
    with work.turn() as waited:
        environments.sweep()
        plan = checking.plan(wish)
        stamp = installed_engines.current()
        there = stamp is not None and plan.state != "outdated" and stamp.accelerator == plan.accelerator
        if stamp is not None and there and (waited or not always):
            note = "Another Blender has installed it meanwhile." if waited else "It was installed already."
            return _installed(stamp, [note])
        if plan.problems:
            raise plan.problems[0]
        with checking.disk_errors(places.user_data()):
            stamp, notes = _replace(work, plan)
            environments.sweep()
    return _installed(stamp, notes)


def _replace(work: Work, plan: InstallationPlan) -> tuple[EngineStamp, list[str]]:
    """A new engine beside what is there, then in its place; it and what there is to say of it."""
    if plan.lock is None or plan.tools is None:
        raise errors.InstallFailed("There is no list of packages for this computer.", "Update the add-on.")
    downloads = checking.downloads()
    _begin_log(plan)
    _fetch(work, plan, downloads, _FETCHED)
    scratch = environments.begin()
    try:
        uv = building.unpack_uv(downloads / plan.tools.uv.file, plan.tools.uv_binary, scratch)
        folder = building.build(scratch, uv, plan.base.path, plan.lock, downloads, work.part(_FETCHED, _BUILT))
        python = places.interpreter(folder) or folder
        if plan.weights is not None:
            building.take_weights(python, downloads / plan.weights.file, work.part(_BUILT, _WEIGHTS_TAKEN))
        notes = []
        if work.wish.test == "frame":
            notes.append(building.make_a_frame(python, work.part(_WEIGHTS_TAKEN, 1.0)))
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
        shutil.rmtree(scratch, ignore_errors=True)
    _drop_superseded(plan, downloads)
    return stamp, notes


def _drop_superseded(plan: InstallationPlan, downloads: Path) -> None:
    """Other versions of the packages just installed: an update would else leave gigabytes behind each time."""
    wanted = [each.file for each in plan.parts]
    packages = {file.partition("-")[0] for file in wanted}
    for path in downloads.iterdir():
        if path.name.partition("-")[0] in packages and not path.name.startswith(tuple(wanted)):
            path.unlink(missing_ok=True)


def _fetch(work: Work, plan: InstallationPlan, into: Path, end: float) -> None:
    """All parts of the plan in the folder `into`; that takes until `end` of the whole."""

    def tell(rate: transfer.Rate) -> None:
        title = rate.titles[0] if rate.titles else "packages"
        stage = f"Downloading {title}" if title in rate.coming or not rate.titles else title
        others = f" and {len(rate.titles) - 1} more" if len(rate.titles) > 1 else ""
        work.step(stage + others, end * rate.done_bytes / max(1, rate.total_bytes), rate)

    where = work.wish.where
    missing = transfer.locate(plan.parts, into, where, lambda: work.step("Looking for the packages", 0.0))
    if missing:
        transfer.fetch(missing, tell, proxy=where.proxy)


def _installed(stamp: EngineStamp, notes: list[str]) -> protocol.Installed:
    return protocol.Installed(JOB, "current", stamp.sentence(), str(stamp.folder), [each for each in notes if each])


def _begin_log(plan: InstallationPlan) -> None:
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    with log().open("w", encoding="utf-8") as file:
        file.write(f"{now} {plan.accelerator}, Python {plan.base.version} at {plan.base.path}\n{plan.detected}\n")
