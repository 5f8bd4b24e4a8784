# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports how far a job has come: one fraction for the steps of all its stages."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..shared.errors import Cancelled
from ..shared.protocol import Message, Progress

Emit = Callable[[Message], None]
IsCancelled = Callable[[], bool]

# How far the whole job has come at the end of each stage; drawing takes the rest.
READ, CHOSEN, PREPARED, GENERATED = 0.03, 0.06, 0.15, 0.92


class Reporter:
    """Emits Progress with a fraction of the whole job that never goes back. Raises Cancelled when the job is to stop.

    It is called as `core.method.ReportProgress` says.
    """

    def __init__(self, job: str, emit: Emit, is_cancelled: IsCancelled) -> None:
        self.job, self._emit, self._is_cancelled = job, emit, is_cancelled
        self._low, self._high, self._reached = 0.0, READ, 0.0
        self.prepared = PREPARED  # how far the job has come when drawing begins
        self._first_s = 0.0
        self._eta_s: float | None = None

    def span(self, low: float, high: float) -> None:
        """From now on the fractions 0 … 1 of a stage are `low` … `high` of the job."""
        self._low, self._high = low, high

    def drawn(self, made: int, total: int) -> None:
        """Reports that `made` of `total` drawings are there, and estimates the time left.

        The time of the first drawing is not counted: it includes loading models.
        """
        now_s = time.monotonic()
        self._first_s = self._first_s or now_s
        if made == total:
            self._eta_s = 0.0
        elif made > 1:
            self._eta_s = (now_s - self._first_s) / (made - 1) * (total - made)
        self.span(*(self.prepared + (1 - self.prepared) * each / total for each in (made, made + 1)))
        self("Drawing inbetweens", 0)

    def __call__(self, stage: str, fraction: float) -> None:
        if self._is_cancelled():
            raise Cancelled()
        within = min(max(0.0, fraction), 1.0)  # in this order NaN becomes 0
        self._reached = max(self._reached, self._low + (self._high - self._low) * within)
        self._emit(Progress(self.job, stage, min(self._reached, 1.0), self._eta_s))
