# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a job to its final report, whatever happens."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from ..core import loading
from ..shared.errors import Cancelled, explain
from ..shared.protocol import CancelledReport, Condition, Examine, Failed, Message, SelfTest
from .job_queue import Job, JobQueue
from .outbox import Outbox

MAX_TEXT = 2_000  # characters of a message or a hint
_MAX_DETAIL = 20_000

_log = logging.getLogger(__name__)


def run(message: Job, queue: JobQueue, outbox: Outbox) -> Message:
    """Runs one job; returns its final report. Its messages go into `outbox`; `queue` says when it is cancelled."""
    job = message.job or ""
    try:
        with loading.cancellable(queue.is_cancelled):
            return _run(message, job, outbox.put, queue.is_cancelled)
    except Cancelled:
        return CancelledReport(job)
    except Exception as error:  # the engine outlives any job; the artist gets the report
        _log.warning("job %s failed", job, exc_info=True)
        return failure(job, error)


def _run(message: Job, job: str, emit: Callable[[Message], None], is_cancelled: Callable[[], bool]) -> Message:
    final: Message
    if isinstance(message, SelfTest):
        final = loading.load_own("jobs.self_test").self_test(message.device, job, emit, is_cancelled)
    elif isinstance(message, Condition):
        final = loading.load_own("jobs.draw_conditions").run(message.request, job, emit, is_cancelled)
    elif isinstance(message, Examine):
        final = loading.load_own("jobs.examine_keys").run(message, emit, is_cancelled)
    else:
        final = loading.load_own("jobs.inbetween").run(message.request, job, emit, is_cancelled)
    return final


def failure(job: str, error: Exception) -> Failed:
    """Makes the report about `error`, short enough for the pipe."""
    explained = explain(error)
    detail = "".join(traceback.format_exception(error))[-_MAX_DETAIL:]
    return Failed(job, explained.code, explained.message[:MAX_TEXT], explained.hint[:MAX_TEXT], detail)
