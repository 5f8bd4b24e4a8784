# SPDX-License-Identifier: GPL-3.0-or-later
"""Put inbetweens that have failed back into the queue."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import StringProperty

from ...edit import strip_takes
from ...jobs import enqueue, timer
from ...jobs.operator_result import Result
from ...settings import strip_record
from .._base import TakeOperator


class FCVG_OT_try_again(TakeOperator):
    """Make these inbetweens in their turn, now that what was wrong has been seen to. Frames that are there are kept"""

    bl_idname = "fcvg.try_again"
    bl_label = "Try Again"
    bl_options = {"INTERNAL", "UNDO"}

    take: StringProperty(name="Take", description="Id of the take that has failed", options={"SKIP_SAVE"})

    def act(self, _context: Any) -> Result:
        """Blender calls this."""
        failed = [take for _, _, take in strip_takes.holders(self.take) if take.state == strip_record.INCOMPLETE]
        for take in failed:
            enqueue.again(take)
        timer.wake()
        return {"FINISHED"} if failed else {"CANCELLED"}
