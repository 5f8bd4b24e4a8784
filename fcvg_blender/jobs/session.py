"""What runs, from the click to the final report, and what each report changes in the edit. Main thread only.

Takes are looked up by their id each time: undo, deleting and loading replace strips.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import bpy

from ..edit import conditions_strip, strip_pictures, strip_takes, strips, take_folders
from ..engine import errors, protocol
from ..engine.client import Client, ToDo
from ..i18n.translate import mark, plural, rpt
from ..settings import strip_record
from ..settings.addon_choices import Choices
from ..takes import commercial_use
from ..timing import exposure
from . import preview_icons
from .job import Job
from .undo_guard import Ends

WAIT_STEP_S = 0.2
OFFLINE_HINT = mark(
    "Blender is set to stay offline. Allow online access in Preferences ▸ System ▸ Network, then generate again: "
    "the models are fetched once."
)


class Session:
    """Everything of this Blender that is not part of a blend file: the engine's client and the jobs."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.jobs: dict[str, Job] = {}
        self.error_code = ""  # of the newest error shown
        self.on_progress: Callable[[Job], None] | None = None  # called for each report while one waits
        self.laid: dict[str, Path] = {}  # folders of the takes asked for since the file was opened
        self._withdrawn: dict[str, None] = {}  # cancelled by the artist, in order; undo must not bring these takes back
        self.left_out: list[str] = []  # sentences about pairs that got no inbetweens since the newest were asked for
        self.finished = 0  # takes of the queue, since it was empty last
        self._ends = Ends()
        self._to_delete: dict[str, Path] = {}  # folders of those, until the engine has let go of them
        self._doomed: list[Path] = []

    @property
    def active(self) -> bool:
        """Whether there is something to do before all rests."""
        return bool(self.jobs or self._doomed) or (self.client is not None and self.client.busy)

    def busy_takes(self) -> set[str]:
        """Ids of the takes that are being made."""
        return {job.take for job in self.jobs.values() if job.take}

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
        self.forget(job.take)
        client = self.engine(choices)
        if client.state == "ready":
            job.stage = mark("Preparing")
        client.submit(message)
        self.jobs[job.id] = job

    def forget(self, take_id: str) -> None:
        """Whatever became of the take's earlier jobs, it is wanted now."""
        self._withdrawn.pop(take_id, None)
        self._ends.forget(take_id)

    def forget_ends(self) -> None:
        """Another file was opened: how jobs have ended so far says nothing of its takes, nor of a copy's; and it was
        saved with what it has."""
        self._ends.clear()
        self._withdrawn.clear()

    def sweep(self, take_ids: Iterable[str] | None = None) -> None:
        """Remove the folders of takes (of all, when the file is about to be closed) that are not in the edit any more
        and of which nothing was ever made."""
        for take_id in list(self.laid) if take_ids is None else take_ids:
            folder = self.laid.pop(take_id, None)
            if folder is not None and next(strip_takes.holders(take_id), None) is None:
                take_folders.sweep(folder)

    def discard(self, take_id: str, folder: Path, for_good: bool = True) -> None:
        """Take a take that is not being made out of the edit.

        `for_good`: what there is of it is deleted, and undo does not bring it back.
        """
        strip_takes.withdraw(take_id)
        if for_good:
            self._withdrawn[take_id] = None
            self._doomed.append(folder)

    def cancel(self, job_id: str) -> None:
        """The artist wants the edit as it was: the take goes at once, its folder once the engine has stopped."""
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
        if isinstance(message, protocol.FINAL) and job.on_final is not None:
            del self.jobs[job.id]
            job.on_final(message)
            return
        match message:
            case protocol.Queued(ahead=ahead) if ahead:
                waits = plural("Waiting for 1 other job", "Waiting for {count} other jobs", ahead)
                job.queued, job.stage = True, waits.format(count=ahead)
            case protocol.Queued():
                job.stage = mark("Preparing")
            case protocol.Progress(stage=stage, fraction=fraction, eta_s=eta_s):
                job.queued = False
                job.stage, job.fraction, job.eta_s = stage, fraction, eta_s
            case protocol.Frame(file=file):
                if job.overlay:
                    conditions_strip.clear_black(job.folder / file)
                else:
                    job.drawings.append(exposure.Drawing(message.time, file))
                job.unshown.append(message)
            case protocol.Preview():
                job.preview = message
            case protocol.Done():
                self._done(job, message)
            case protocol.Failed():
                self._failed(job, message)
            case protocol.CancelledReport():
                self._leave_incomplete(job)
        if isinstance(message, protocol.FINAL) and job.take:
            self._note_end(job)

    def show_frames(self) -> bool:
        """Let the strips show the frames that have come; whether there were any.

        Costs what every change of a strip costs in Blender: where it prefetches, the main thread waits until the
        frame being prefetched is done. So not to be called for each frame by itself.
        """
        waiting = [job for job in self.jobs.values() if job.unshown]
        for job in waiting:
            for _, strip, take in strip_takes.holders(job.take):
                if job.overlay:
                    conditions_strip.show(strip, job.unshown)
                elif strip_takes.is_shown(strip, take):
                    strip_pictures.show(strip, job.drawings)
                else:
                    take.made = strip_pictures.count_made(strip.fcvg, job.drawings)
            job.unshown.clear()
        return bool(waiting)

    def wait(self, job_id: str) -> protocol.Message:
        """Handle reports until the final one of `job_id`, which is returned. For Blender without a window."""
        while True:
            message = self.listen()
            if message is not None and message.job == job_id:
                self.tidy(math.inf)
                return message

    def listen(self) -> protocol.Message | None:
        """Handle the next report, if one comes soon; it is returned if it is a final one. For Blender without a
        window."""
        message = self.poll(WAIT_STEP_S)
        if message is None:
            return None
        job = self.jobs.get(message.job or "")
        self.handle(message)
        if job is not None and self.on_progress is not None:
            self.on_progress(job)
        return message if isinstance(message, protocol.FINAL) else None

    def drop_lost(self) -> bool:
        """Stop jobs whose take was deleted or undone, or whose file was closed; whether there was one.

        Their frames stay on disk, because redo or the file opened again may bring the strip back.
        """
        lost = [job for job in self.jobs.values() if job.take and next(strip_takes.holders(job.take), None) is None]
        for job in lost:
            del self.jobs[job.id]
            if self.client is not None:
                self.client.cancel(job.id)
        return bool(lost)

    def resync(self) -> None:
        """After undo, redo or loading: what the strips say may be older than what is on disk."""
        for take_id in self._withdrawn:
            strip_takes.withdraw(take_id)
        making = {job.take: job for job in self.jobs.values() if job.take}
        for scene, strip in strips.ours():
            record = strip.fcvg
            here = (record, *record.others)
            over = [take for take in here if take.id not in making and self._ends.concerns(take)]
            for take in over:
                self._ends.fit_again(scene, strip, take)
            if record.state == strip_record.WAITING and not strips.folder(strip).is_dir():
                strip_takes.refresh(strip)
            elif (
                record.state in strip_record.UNFINISHED
                or record.id in making
                or not strip_pictures.shows_something(strip)
            ):
                (conditions_strip if record.overlay else strip_pictures).sync(strip)
            for take in here:
                if take.id in making:
                    take.state = strip_record.RUNNING
                    take.print_start, take.print_end = making[take.id].fingerprints
            for take in over:
                self._ends.end_again(strip, take)
            finished = [int(take.number) for take in over if take.state == strip_record.DONE]
            if finished and not record.pinned:
                strip_takes.show(strip, max(finished))
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
        self.show_error(message, mark("Copy the report and send it to the makers of the add-on."), detail, "addon")
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
            item.queued = job.queued
            item.fraction, item.eta = job.fraction, job.eta()
            item.sheet = preview_icons.icon(job.id)
            item.sheet_step = ""
            if job.preview:
                step = rpt("Step {step} of {steps}")
                item.sheet_step = step.format(step=job.preview.step, steps=job.preview.steps)
        status.left_out = "\n".join(self.left_out)
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
        self.sweep()
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
        if not job.take:
            works = rpt("The engine works: {method} on {device}, {seconds} s (version {version})")
            self.status().engine_state = works.format(
                method=done.method, device=done.device, seconds=f"{done.seconds:.1f}", version=done.engine
            )
            return
        for _, strip, take in strip_takes.holders(job.take):
            take.method_used, take.engine_version = done.method, done.engine
            take.notes = " ".join(done.notes)
            take.models = commercial_use.recorded(done.models)
            take.error = ""
            # All that was asked for is there; the strip may have been timed anew meanwhile.
            take.state = strip_record.DONE
            if not job.overlay:
                strip_pictures.settle(strip, take, job.folder)
                if not strip.fcvg.pinned:
                    strip_takes.show(strip, take.number)
        take_folders.relocate(self.busy_takes())

    def _failed(self, job: Job, failed: protocol.Failed) -> None:
        if failed.code == errors.LooksLikeCut.code:
            self._ask(job, failed)
            return
        hint = failed.hint
        if "downloaded" in failed.message and not bpy.app.online_access:
            hint = OFFLINE_HINT
        self.show_error(failed.message, hint, failed.detail, failed.code)
        if not job.take:
            del self.jobs[job.id]
            self.status().engine_state = mark("The engine does not work.")
            return
        there = next(strip_takes.holders(job.take), None) is not None
        if there and not job.in_line and not job.drawings:
            self._withdraw(job)
            self._doomed.append(self._to_delete.pop(job.id))
        else:
            self._leave_incomplete(job, failed.message)

    def _ask(self, job: Job, failed: protocol.Failed) -> None:
        """The keys look like a cut: ask the artist, or do what was said before."""
        found = next(strip_takes.holders(job.take), None)
        answer = found[0].fcvg.cuts if found else "LEAVE_OUT"
        if answer == "LEAVE_OUT":
            if found:
                self.left_out.append(f"{job.name}: {failed.message}")
            for led in strip_takes.led_by(job.take):
                self.discard(*led)
            self._withdraw(job)
            self._doomed.append(self._to_delete.pop(job.id))
            return
        del self.jobs[job.id]
        for _, _, take in strip_takes.holders(job.take):
            if answer == "MAKE" or take.cuts_allowed:
                take.state, take.cuts_allowed = strip_record.WAITING, True
            else:
                take.state, take.error = strip_record.ASKING, failed.message

    def _note_end(self, job: Job) -> None:
        """Keep how a job has ended, because undo brings back the moment before."""
        found = next(strip_takes.holders(job.take), None)
        unfinished = (strip_record.WAITING, strip_record.ASKING)
        if not job.overlay and not (found and found[2].state in unfinished):
            self.finished += 1
        if found and found[2].state != strip_record.WAITING:
            self._ends.note(found[1], found[2])

    def _withdraw(self, job: Job) -> None:
        del self.jobs[job.id]
        if job.take:
            self._withdrawn[job.take] = None
            self._to_delete[job.id] = job.folder
            strip_takes.withdraw(job.take)

    def _leave_incomplete(self, job: Job, why: str = "") -> None:
        self.jobs.pop(job.id, None)
        for _, _, take in strip_takes.holders(job.take) if job.take else ():
            take.state, take.error = strip_record.INCOMPLETE, why
        take_folders.relocate(self.busy_takes())


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
