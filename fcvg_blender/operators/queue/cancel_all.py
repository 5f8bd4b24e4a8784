# SPDX-License-Identifier: GPL-3.0-or-later
"""Empty the queue."""

from __future__ import annotations

from typing import Any

from ...i18n.translate import rpt
from ...jobs import queue, queue_commands, timer
from ...jobs.operator_result import Result
from ...ui import dialogs
from .._base import TakeOperator


class FCVG_OT_cancel_all(TakeOperator):
    """Take all inbetweens of the queue out of the edit. Frames that are there stay"""

    bl_idname = "fcvg.cancel_all"
    bl_label = "Cancel All"
    bl_options = {"INTERNAL"}  # no undo step of its own, as fcvg.cancel

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        count = len(queue.listed())
        if count < 2:
            return self.execute(context)
        return dialogs.invoke_confirm(
            self,
            context,
            event,
            title=rpt("Take {count} inbetweens out of the edit that are not made yet?").format(count=count),
            message="Those that are made stay.",
            confirm_text="Take Out",
        )

    def act(self, _context: Any) -> Result:
        """Blender calls this."""
        queue_commands.cancel_all()
        timer.wake()
        return {"FINISHED"}
