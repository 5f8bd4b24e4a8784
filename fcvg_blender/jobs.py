"""What runs, from the click to the final report, and what each report changes in the edit. Main thread only.

Strips are looked up by their id each time: undo, deleting and loading replace them.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from . import amounts, folders, licences, overlay, properties, sheets, strips
from .engine import errors, protocol
from .engine.client import Client, ToDo
from .preferences import Choices

WAIT_STEP_S = 0.2
OFFLINE_HINT = (
    "Blender is set to stay offline. Allow online access in Preferences ▸ System ▸ Network, then generate again: "
    "the models are fetched once."
)


@dataclass
class Job:
    """Frames, or with `overlay` conditions, for the strip with the id `strip`; a self-test where that is empty.

    `id` is new for each run, because a strip's earlier run may still be stopping when it is resumed.
    `resumed`: the strip and some of its frames are from an earlier run, and outlive this one whatever happens.
    `fraction` in [0, 1]; `eta_s` is None until known. `preview`: the newest contact sheet of frames being denoised.
    """

    name: str
    strip: str = ""
    folder: Path = field(default_factory=Path)
    resumed: bool = False
    overlay: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    stage: str = "Starting the engine"
    fraction: float = 0.0
    eta_s: float | None = None
    unshown: list[protocol.Frame] = field(default_factory=list)
    preview: protocol.Preview | None = None

    def eta(self) -> str:
        """Time left in words, '' while unknown and at the end."""
        return amounts.time_left(self.eta_s)


class Session:
    """Everything of this Blender that is not part of a blend file: the engine's client and the jobs."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.jobs: dict[str, Job] = {}
        self.error_code = ""  # of the newest error shown
        self.on_progress: Callable[[Job], None] | None = None  # called while `wait` waits
        self._withdrawn: set[str] = set()  # cancelled by the artist; undo must not bring their strips back
        self._to_delete: dict[str, Path] = {}  # folders of those, until the engine has let go of them
        self._doomed: list[Path] = []

    @property
    def active(self) -> bool:
        """Whether there is something to do before all rests."""
        return bool(self.jobs or self._doomed) or (self.client is not None and self.client.busy)

    def busy_strips(self) -> set[str]:
        """Ids of the strips that are being filled."""
        return {job.strip for job in self.jobs.values() if job.strip}

    def engine(self, choices: Choices) -> Client:
        """The client for `choices`, its engine being started. Returns at once; raises MissingPart without a Python."""
        launch = choices.launch()
        if self.client is None:
            self.client = Client(launch)
        self.client.use(launch)
        self.client.warm_up()
        return self.client

    def look_again(self, choices: Choices) -> None:
        """Let a fresh engine say what each method lacks; one that works is left alone. Raises as `engine` does."""
        client = self.engine(choices)
        if client.state == "ready":
            client.renew()

    def await_greeting(self) -> None:
        """Handle reports until the engine has spoken or ended. For Blender without a window."""
        while self.client is not None and self.client.busy and self.client.hello is None:
            message = self.poll(WAIT_STEP_S)
            if message is not None:
                self.handle(message)

    def begin(self, job: Job, message: ToDo, choices: Choices) -> None:
        """Hand a job to the engine."""
        self._withdrawn.discard(job.strip)
        client = self.engine(choices)
        if client.state == "ready":
            job.stage = "Preparing"
        client.submit(message)
        self.jobs[job.id] = job

    def cancel(self, job_id: str) -> None:
        """The artist wants the edit as it was: the strip goes at once, its folder once the engine has stopped."""
        job = self.jobs.get(job_id)
        if job is None or self.client is None:
            return
        self.client.cancel(job_id)
        if job.resumed:
            self.show_frames()
            self._leave_incomplete(job)
        else:
            self._withdraw(job)

    def poll(self, timeout_s: float = 0.0) -> protocol.Message | None:
        """The oldest report not handled yet."""
        return self.client.poll(timeout_s) if self.client else None

    def handle(self, message: protocol.Message) -> None:
        """Carry one report into the edit and the panel."""
        if isinstance(message, protocol.FINAL) and message.job in self._to_delete:
            self._doomed.append(self._to_delete.pop(message.job))
        if message.job is None and isinstance(message, protocol.Failed):  # the engine could not be started
            self.show_error(message.message, message.hint, message.detail, message.code)
        job = self.jobs.get(message.job or "")
        if job is None:
            return
        if isinstance(message, protocol.FINAL):
            self.show_frames()
        match message:
            case protocol.Queued(ahead=ahead) if ahead:
                job.stage = f"Waiting for {ahead} other job{'s' if ahead > 1 else ''}"
            case protocol.Queued():
                job.stage = "Preparing"
            case protocol.Progress(stage=stage, fraction=fraction, eta_s=eta_s):
                job.stage, job.fraction, job.eta_s = stage, fraction, eta_s
            case protocol.Frame(file=file):
                if job.overlay:
                    overlay.clear_black(job.folder / file)
                job.unshown.append(message)
            case protocol.Preview():
                job.preview = message
            case protocol.Done():
                self._done(job, message)
            case protocol.Failed():
                self._failed(job, message)
            case protocol.CancelledReport():
                self._leave_incomplete(job)

    def show_frames(self) -> bool:
        """Let the strips show the frames that have come; whether there were any.

        Costs what every change of a strip costs in Blender: where it prefetches, the main thread waits until the
        frame being prefetched is done. So not to be called for each frame by itself.
        """
        waiting = [job for job in self.jobs.values() if job.unshown]
        for job in waiting:
            found = strips.find(job.strip)
            if found is not None:
                for frame in job.unshown:
                    strips.show_frame(found[1], frame.index, frame.hold, frame.file)
            job.unshown.clear()
        return bool(waiting)

    def wait(self, job_id: str) -> protocol.Message:
        """Handle reports until the final one of `job_id`, which is returned. For Blender without a window."""
        while True:
            message = self.poll(WAIT_STEP_S)
            if message is None:
                continue
            job = self.jobs.get(job_id)
            self.handle(message)
            if message.job == job_id:
                if isinstance(message, protocol.FINAL):
                    self.tidy(math.inf)
                    return message
                if job is not None and self.on_progress is not None:
                    self.on_progress(job)

    def drop_lost(self) -> bool:
        """Stop jobs whose strip was deleted or undone, or whose file was closed; whether there was one.

        Their frames stay on disk, because redo or the file opened again may bring the strip back.
        """
        lost = [job for job in self.jobs.values() if job.strip and strips.find(job.strip) is None]
        for job in lost:
            del self.jobs[job.id]
            if self.client is not None:
                self.client.cancel(job.id)
        return bool(lost)

    def resync(self) -> None:
        """After undo, redo or loading: what the strips show may be older than what is on disk."""
        for strip_id in self._withdrawn:
            strips.remove(strip_id)
        running = self.busy_strips()
        for _, strip in strips.ours():
            if strip.fcvg.state == properties.RUNNING:
                strips.sync(strip)
                if strip.fcvg.id in running:
                    strip.fcvg.state = properties.RUNNING
                elif strip.fcvg.state == properties.RUNNING:  # its folder is out of reach
                    strip.fcvg.state = properties.INCOMPLETE
        self.drop_lost()

    def show_error(self, message: str, hint: str = "", detail: str = "", code: str = "") -> None:
        """Put an error into the panel; it stays until dismissed or until something works."""
        self.error_code = code
        status = self.status()
        status.error_message, status.error_hint, status.error_detail = message, hint, detail

    def clear_error(self) -> None:
        """Take the error out of the panel."""
        self.show_error("")

    def fail_all(self, message: str, detail: str) -> None:
        """End every job because of an error of the add-on itself."""
        self.show_error(message, "Copy the report and send it to the makers of the add-on.", detail, "addon")
        failed, self.jobs = self.jobs, {}
        self.publish()
        for job in failed.values():
            if self.client is not None:
                self.client.cancel(job.id)
            self._leave_incomplete(job)

    def status(self) -> Any:
        """What the panels show: jobs, error, engine state."""
        context: Any = bpy.context
        return context.window_manager.fcvg

    def knows_more(self) -> bool:
        """Whether the engine has said of itself what the panels do not show yet."""
        return self.client is not None and (self.client.hello is not None) != self.status().greeted

    def publish(self) -> None:
        """Write the running jobs and what methods lack where the panels read them."""
        status = self.status()
        shown = status.jobs
        while len(shown) > len(self.jobs):
            shown.remove(len(shown) - 1)
        while len(shown) < len(self.jobs):
            shown.add()
        for item, job in zip(shown, self.jobs.values(), strict=True):
            item.id, item.name, item.stage = job.id, job.name, job.stage
            item.fraction, item.eta = job.fraction, job.eta()
            item.sheet = sheets.icon(job.id)
            item.sheet_step = f"Step {job.preview.step} of {job.preview.steps}" if job.preview else ""
        hello = self.client.hello if self.client else None
        status.greeted = hello is not None
        status.lacking.clear()
        for method, text in hello.lacking.items() if hello else ():
            need = status.lacking.add()
            need.name, need.text = method, text

    def tidy(self, until_s: float) -> None:
        """Delete what cancelled jobs have left on disk, until `time.perf_counter()` says `until_s`: disks are slow."""
        while self._doomed and time.perf_counter() < until_s:
            if _delete_some(self._doomed[0], until_s):
                self._doomed.pop(0)

    def close(self, timeout_s: float = 0.0) -> None:
        """End the engine and forget what ran; strips of such jobs can be resumed."""
        for job in list(self.jobs.values()):
            self._leave_incomplete(job)
        self.end_engine(timeout_s)
        self._doomed += self._to_delete.values()
        self._to_delete.clear()
        self.tidy(math.inf)

    def end_engine(self, timeout_s: float) -> None:
        """End the engine only. Touches nothing of Blender, so that it may run when Blender is all but gone."""
        client, self.client = self.client, None
        if client is not None:
            client.close(timeout_s)

    def _done(self, job: Job, done: protocol.Done) -> None:
        del self.jobs[job.id]
        self.clear_error()
        if not job.strip:
            self.status().engine_state = (
                f"The engine works: {done.method} on {done.device}, {done.seconds:.1f} s (version {done.engine})"
            )
            return
        for _, strip in strips.find_all(job.strip):
            record = strip.fcvg
            record.state = properties.DONE
            record.method_used, record.engine_version = done.method, done.engine
            record.notes = " ".join(done.notes)
            record.models = licences.recorded(done.models)
        folders.relocate(self.busy_strips())

    def _failed(self, job: Job, failed: protocol.Failed) -> None:
        hint = failed.hint
        if "downloaded" in failed.message and not bpy.app.online_access:
            hint = OFFLINE_HINT
        self.show_error(failed.message, hint, failed.detail, failed.code)
        if not job.strip:
            del self.jobs[job.id]
            self.status().engine_state = "The engine does not work."
            return
        found = strips.find(job.strip)
        if found is not None and not job.resumed and (found[1].fcvg.made == 0 or job.overlay):
            self._withdraw(job)
            self._doomed.append(self._to_delete.pop(job.id))
        else:
            self._leave_incomplete(job)

    def _withdraw(self, job: Job) -> None:
        del self.jobs[job.id]
        if job.strip:
            self._withdrawn.add(job.strip)
            self._to_delete[job.id] = job.folder
            strips.remove(job.strip)

    def _leave_incomplete(self, job: Job) -> None:
        self.jobs.pop(job.id, None)
        for _, strip in strips.find_all(job.strip) if job.strip else []:
            strip.fcvg.state = properties.INCOMPLETE
        folders.relocate(self.busy_strips())


session = Session()


def exit_code(code: str) -> int:
    """The command line's exit code for an error's `code`."""
    kinds: list[type[errors.FcvgError]] = [errors.FcvgError, *errors.FcvgError.__subclasses__()]
    return next((kind.exit_code for kind in kinds if kind.code == code), errors.FcvgError.exit_code)


def _delete_some(folder: Path, until_s: float) -> bool:
    """Delete files of a job's folder, then the folder; whether that is over. What is not ours in there stays."""
    try:
        for path in list(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                if not _delete_some(path, until_s):
                    return False
            else:
                path.unlink()
            if time.perf_counter() > until_s:
                return False
        folder.rmdir()
    except OSError:  # gone already, not ours, or held open by another program
        return True
    return True
