"""How operators say that something did not work, and wait where there is no window."""

from __future__ import annotations

from typing import Any, Literal

import bpy

from ..engine import errors, protocol
from ..jobs import Job, session

Result = set[Literal["RUNNING_MODAL", "CANCELLED", "FINISHED", "PASS_THROUGH", "INTERFACE"]]  # of an operator


def refuse(operator: Any, error: errors.FcvgError) -> Result:
    """Show `error` in the panel and as Blender's own report, which raises RuntimeError in a script."""
    session.show_error(error.message, error.hint, code=error.code)
    operator.report({"ERROR"}, f"{error.message} {error.hint}".strip())
    return {"CANCELLED"}


def settle(operator: Any, job: Job) -> Result:
    """With a window the job goes on by itself. Without one nothing else would move it: wait for its final report."""
    if not bpy.app.background:
        return {"FINISHED"}
    final = session.wait(job.id)
    session.publish()
    if isinstance(final, protocol.Done):
        return {"FINISHED"}
    if isinstance(final, protocol.Failed):
        status = session.status()
        operator.report({"ERROR"}, f"{status.error_message} {status.error_hint}".strip())
    return {"CANCELLED"}
