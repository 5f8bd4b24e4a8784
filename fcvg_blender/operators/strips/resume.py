"""Go on with inbetweens that were interrupted; frames already made are kept."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import selection
from ...jobs import enqueue, launch
from ...jobs.operator_result import Result
from ...settings import strip_record


class FCVG_OT_resume(bpy.types.Operator):
    """Make the missing frames of the active strip; those that are there are kept"""

    bl_idname = "fcvg.resume"
    bl_label = "Resume Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        strip = selection.inbetweens(context)
        if strip is None or strip.fcvg.state != strip_record.INCOMPLETE:
            cls.poll_message_set("Make a strip of incomplete inbetweens the active one.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when all frames are there."""
        strip = selection.inbetweens(context)
        enqueue.again(strip.fcvg)
        return launch.go(self, context, [strip.fcvg.id], at_once=True, new=False)
