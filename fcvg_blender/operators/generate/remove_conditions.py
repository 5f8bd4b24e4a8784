"""Take a preview of conditions off the edit."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import remove_strip, selection
from ...jobs.operator_result import Result


class FCVG_OT_remove_conditions(bpy.types.Operator):
    """Take the preview of conditions off the edit. Its pictures and matches stay on disk"""

    bl_idname = "fcvg.remove_conditions"
    bl_label = "Remove Conditions"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if selection.conditions(context) is None:
            cls.poll_message_set("There is no preview of conditions for the selected strips.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """A job still drawing them stops by itself, because its strip is gone."""
        remove_strip.remove(selection.conditions(context).fcvg.id)
        return {"FINISHED"}
