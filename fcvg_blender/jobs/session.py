# SPDX-License-Identifier: GPL-3.0-or-later
"""The session: the engine's client, and the jobs that were handed to it. Main thread only.

It belongs to this Blender, not to a blend file. Takes are looked up by their id each time, because undo, deleting and
loading replace strips. What the engine's reports change in the edit is in `reports`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..edit import strip_takes, take_folders
from ..engine import protocol
from ..engine.arrivals import ToDo
from ..engine.client import Client
from ..i18n.translate import mark
from ..settings import strip_record
from ..settings.addon_choices import Choices
from .error_panel import ErrorPanel
from .job import Job
from .show_frames import show_frames
from .undo_guard import UndoGuard
from .unwanted_folders import DiscardedFolders, LaidFolders


class Session:
    """What runs in this Blender.

    `jobs`: by their ids. `finished`: the number of takes made since the queue was empty last. `left_out`: sentences
    about pairs that got no inbetweens since the newest were asked for. `on_progress`: called for each report while
    Blender without a window waits for a job.
    """

    def __init__(self) -> None:
        self.client: Client | None = None
        self.jobs: dict[str, Job] = {}
        self.finished = 0
        self.left_out: list[str] = []
        self.on_progress: Callable[[Job], None] | None = None
        self.error_panel = ErrorPanel()
        self.undo_guard = UndoGuard()
        self.laid = LaidFolders()
        self.discarded = DiscardedFolders()

    @property
    def active(self) -> bool:
        """Whether the timer is still needed for jobs, their folders or the engine."""
        return bool(self.jobs or self.discarded.pending) or (self.client is not None and self.client.busy)

    def busy_takes(self) -> set[str]:
        """Return the ids of the takes that are being made."""
        return {job.take for job in self.jobs.values() if job.take}

    def engine(self, choices: Choices) -> Client:
        """Start the engine of `choices` if it does not run yet; return its client at once. Raises MissingPart where
        no Python can run it."""
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

    def begin(self, job: Job, message: ToDo, choices: Choices) -> None:
        """Hand a job to the engine. Raises as `engine` does."""
        self.undo_guard.forget(job.take)
        client = self.engine(choices)
        if client.state == "ready":
            job.stage = mark("Preparing")
        client.submit(message)
        self.jobs[job.id] = job

    def poll(self, timeout_s: float = 0.0) -> protocol.Message | None:
        """Return the oldest report that was not handled yet, waiting for one up to `timeout_s`; None without one."""
        return self.client.poll(timeout_s) if self.client else None

    def cancel(self, job_id: str) -> None:
        """Stop a job as the artist wishes. Its take leaves the edit at once, its folder once the engine has stopped;
        a take that has frames of an earlier run keeps them and stays."""
        job = self.jobs.get(job_id)
        if job is None or self.client is None:
            return
        self.client.cancel(job_id)
        if job.resumed:
            show_frames(self.jobs.values())
            self.leave_incomplete(job)
        else:
            self.withdraw(job)

    def withdraw(self, job: Job) -> None:
        """Forget a job and take its take out of the edit for good. The folder goes with the job's final report, unless
        a file was saved with it."""
        del self.jobs[job.id]
        if job.take:
            self.undo_guard.note_cancelled(job.take)
            if self.laid.is_fresh(job.take, job.folder):
                self.discarded.hold(job.id, job.folder)
            strip_takes.withdraw(job.take)

    def leave_incomplete(self, job: Job, why: str = "") -> None:
        """Forget a job. Its take stays in the edit with the frames it has, and shows the error `why`."""
        self.jobs.pop(job.id, None)
        for _, _, take in strip_takes.holders(job.take) if job.take else ():
            take.state, take.error = strip_record.INCOMPLETE, why
        self.relocate()

    def relocate(self) -> None:
        """Move folders that were made while the file had no place beside it, where nothing is being made in them."""
        take_folders.relocate(self.busy_takes(), self.laid.shared())

    def discard(self, take_id: str, folder: Path, for_good: bool = True) -> None:
        """Take a take that is not being made out of the edit.

        `for_good`: its folder is deleted, unless a file was saved with it, and undo does not bring the take back.
        """
        strip_takes.withdraw(take_id)
        if for_good:
            self.undo_guard.note_cancelled(take_id)
            if self.laid.is_fresh(take_id, folder):
                self.discarded.add(folder)

    def drop_lost(self) -> bool:
        """Stop jobs whose take was deleted or undone, or whose file was closed; return whether there was one.

        Their frames stay on disk, because redo or the file opened again may bring the strip back.
        """
        lost = [job for job in self.jobs.values() if job.take and next(strip_takes.holders(job.take), None) is None]
        for job in lost:
            del self.jobs[job.id]
            if self.client is not None:
                self.client.cancel(job.id)
        return bool(lost)

    def close(self, timeout_s: float = 0.0) -> None:
        """End the engine, forget what ran and delete what was discarded. Takes that were being made can be resumed."""
        for job in list(self.jobs.values()):
            self.leave_incomplete(job)
        self.laid.sweep()
        self.end_engine(timeout_s)
        self.discarded.tidy_all()

    def end_engine(self, timeout_s: float) -> None:
        """End the engine only. Touches nothing of Blender, so that it may run when Blender is all but gone."""
        client, self.client = self.client, None
        if client is not None:
            client.close(timeout_s)


session = Session()
