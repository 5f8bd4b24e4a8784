# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators return: how each tells that something did not work, and waits where Blender has no window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from .. import compat
from ..engine import errors, protocol
from ..i18n.translate import error_sentence, translate_sentences
from ..settings.status import panel_status
from ..tasks.background import BackgroundTask, background_tasks
from . import timer, without_window
from .job import Job
from .publish import publish_all, publish_jobs
from .refresh_engine import refresh_engine
from .session import session

Result = set[Literal["RUNNING_MODAL", "CANCELLED", "FINISHED", "PASS_THROUGH", "INTERFACE"]]  # of an operator


def refuse(operator: Any, error: errors.FcvgError) -> Result:
    """Show `error` in the panel and as Blender's own report, which raises RuntimeError in a script."""
    session.error_panel.show(error.message, error.hint, code=error.code)
    return refuse_here(operator, error)


def refuse_here(operator: Any, error: errors.FcvgError) -> Result:
    """Show `error` as Blender's own report only, where the artist has clicked."""
    operator.report({"ERROR"}, error_sentence(error))
    return {"CANCELLED"}


def settle(operator: Any, job: Job) -> Result:
    """Return at once with a window, where the timer carries the job on; without one, when the job has ended."""
    if compat.has_window():
        return {"FINISHED"}
    final = without_window.await_job(job.id)
    publish_jobs()
    if isinstance(final, protocol.Done | protocol.Examined):
        return {"FINISHED"}
    if isinstance(final, protocol.Failed):
        status = panel_status()
        operator.report({"ERROR"}, translate_sentences((status.error_message, status.error_hint)))
    return {"CANCELLED"}


def settle_takes(operator: Any, take_ids: Sequence[str]) -> Result:
    """Do as `settle` does, for takes that wait or are being made. FINISHED where at least one was made."""
    if compat.has_window():
        return {"FINISHED"}
    finals = without_window.run_takes(take_ids)
    publish_all()
    failed = [final for final in finals if not isinstance(final, protocol.Done)]
    problems = [each for each in failed if isinstance(each, protocol.Failed) and each.code != errors.LooksLikeCut.code]
    if problems:
        status = panel_status()
        shown = (status.error_message, status.error_hint)  # gone again where another take was done later
        message, hint = shown if status.error_message else (problems[-1].message, problems[-1].hint)
        operator.report({"ERROR"}, translate_sentences((message, hint)))
    # What has become of the others stays: an artist would not have it undone.
    return {"FINISHED"} if len(finals) > len(failed) else {"CANCELLED"}


def settle_task(operator: Any, task: BackgroundTask) -> Result:
    """Do as `settle` does, for a background task."""
    timer.wake()
    if compat.has_window():
        return {"FINISHED"}
    final = background_tasks.wait(task)
    refresh_engine(restart=False)
    timer.wake()
    if isinstance(final, protocol.Failed):
        operator.report({"ERROR"}, translate_sentences((final.message, final.hint)))
    return {"CANCELLED"} if isinstance(final, protocol.Failed | protocol.CancelledReport) else {"FINISHED"}
