"""How operators say that something did not work, and wait where there is no window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from .. import compat
from ..engine import errors, protocol
from ..i18n.translate import error_sentence, translate_sentences
from ..tasks.background import Chore, chores
from . import queue, timer
from .job import Job
from .session import session

_LEAVE_TIMEOUT_S = 5.0

Result = set[Literal["RUNNING_MODAL", "CANCELLED", "FINISHED", "PASS_THROUGH", "INTERFACE"]]  # of an operator


def refuse(operator: Any, error: errors.FcvgError) -> Result:
    """Show `error` in the panel and as Blender's own report, which raises RuntimeError in a script."""
    session.show_error(error.message, error.hint, code=error.code)
    operator.report({"ERROR"}, error_sentence(error))
    return {"CANCELLED"}


def settle(operator: Any, job: Job) -> Result:
    """With a window the job goes on by itself. Without one nothing else would move it: wait for its final report."""
    if compat.has_window():
        return {"FINISHED"}
    final = session.wait(job.id)
    session.publish()
    if isinstance(final, protocol.Done | protocol.Examined):
        return {"FINISHED"}
    if isinstance(final, protocol.Failed):
        status = session.status()
        operator.report({"ERROR"}, translate_sentences((status.error_message, status.error_hint)))
    return {"CANCELLED"}


def settle_takes(operator: Any, take_ids: Sequence[str]) -> Result:
    """The same for takes that wait or are being made."""
    if compat.has_window():
        return {"FINISHED"}
    finals = queue.run(take_ids)
    timer.publish()
    failed = [final for final in finals if not isinstance(final, protocol.Done)]
    problems = [each for each in failed if isinstance(each, protocol.Failed) and each.code != errors.LooksLikeCut.code]
    if problems:
        status = session.status()
        told = (status.error_message, status.error_hint)  # gone again where another take was done later
        message, hint = told if status.error_message else (problems[-1].message, problems[-1].hint)
        operator.report({"ERROR"}, translate_sentences((message, hint)))
    # What has become of the others stays: an artist would not have it undone.
    return {"FINISHED"} if len(finals) > len(failed) else {"CANCELLED"}


def refuse_chore(operator: Any, error: errors.FcvgError) -> Result:
    """As `refuse`, for what is told where it was clicked."""
    operator.report({"ERROR"}, error_sentence(error))
    return {"CANCELLED"}


def settle_chore(operator: Any, chore: Chore) -> Result:
    """As `settle`, for a command."""
    timer.wake()
    if compat.has_window():
        return {"FINISHED"}
    final = chores.wait(chore)
    if chores.engine_is_stale:  # the next job starts one that looks again
        chores.engine_is_stale = False
        session.end_engine(_LEAVE_TIMEOUT_S)
    timer.wake()
    if isinstance(final, protocol.Failed):
        operator.report({"ERROR"}, translate_sentences((final.message, final.hint)))
    return {"CANCELLED"} if isinstance(final, protocol.Failed | protocol.CancelledReport) else {"FINISHED"}
