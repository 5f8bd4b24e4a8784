# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop a generation and put the edit back to what it was before."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import StringProperty

from ...jobs import queue_commands, timer
from ...jobs.operator_result import Result
from ...jobs.session import session
from .._base import TakeOperator


class FCVG_OT_cancel(TakeOperator):
    """Stop making these inbetweens; the edit becomes what it was before"""

    bl_idname = "fcvg.cancel"
    bl_label = "Cancel Inbetweens"
    # No undo step of its own: one step back undoes a generation that was cancelled.
    bl_options = {"INTERNAL"}

    job: StringProperty(name="Job", description="Id of a job", options={"SKIP_SAVE"})
    take: StringProperty(name="Take", description="Id of a take; with neither, everything stops", options={"SKIP_SAVE"})

    def act(self, context: Any) -> Result:
        """Blender calls this."""
        if self.take:
            queue_commands.cancel(self.take)
        elif self.job:
            session.cancel(self.job)
        else:
            queue_commands.cancel_all()
        timer.wake()
        return {"FINISHED"}
