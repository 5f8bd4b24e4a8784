# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs that wait for the worker, and the one that runs."""

from __future__ import annotations

import threading
from collections import deque

from ..shared.errors import ProtocolError
from ..shared.protocol import CancelledReport, Condition, Examine, Failed, Queued, SelfTest, Start
from .outbox import Outbox

MAX_QUEUED = 100
MAX_JOB_ID = 200  # characters

Job = Start | Condition | Examine | SelfTest


class JobQueue:
    """The jobs that wait, and the one that runs. Every job that is accepted ends in exactly one final report."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._waiting: deque[Job] = deque()
        self._running: str | None = None
        self._cancel = False
        self._changed = threading.Condition()

    def add(self, message: Job) -> None:
        """Queues a job. Raises ProtocolError for an id that is missing, too long or in use."""
        job = message.job
        if not job or len(job) > MAX_JOB_ID:
            raise ProtocolError(f"A job needs an id of 1 to {MAX_JOB_ID} characters.")
        with self._changed:
            if job == self._running or any(each.job == job for each in self._waiting):
                raise ProtocolError(f"The job id {job!r} is in use.")
            ahead = len(self._waiting) + (self._running is not None)
            if ahead >= MAX_QUEUED:
                self._outbox.put(Failed(job, "bad_request", "Too many jobs are waiting.", "Wait for some to finish."))
                return
            self._waiting.append(message)
            self._outbox.put(Queued(job, ahead))
            self._changed.notify_all()

    def cancel(self, job: str | None) -> None:
        """Stops a job that waits or runs. The id of another job is no error."""
        with self._changed:
            if job is not None and job == self._running:
                self._cancel = True
            for each in self._waiting:
                if each.job == job:
                    self._waiting.remove(each)
                    self._outbox.put(CancelledReport(job))
                    return

    def next(self, timeout_s: float) -> Job | None:
        """Waits for the next job, which then counts as running; None when none came for `timeout_s`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, timeout_s):
                return None
            message = self._waiting.popleft()
            self._running, self._cancel = message.job, False
            return message

    def finish(self) -> None:
        """The running job has ended; its final report is on its way."""
        with self._changed:
            self._running = None

    def is_cancelled(self) -> bool:
        """Whether the running job is to stop."""
        return self._cancel
