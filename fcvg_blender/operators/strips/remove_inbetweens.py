"""Take a strip of inbetweens out of the edit."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import remove_strip, selection
from ...jobs.operator_result import Result


class FCVG_OT_remove_inbetweens(bpy.types.Operator):
    """Take the active strip of inbetweens out and close the room that was made for it. The frames stay on disk"""

    bl_idname = "fcvg.remove_inbetweens"
    bl_label = "Remove Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if selection.inbetweens(context) is None:
            cls.poll_message_set("Make a strip of inbetweens the active one.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """A job still filling the strip stops by itself, because its strip is gone."""
        remove_strip.remove(selection.inbetweens(context).fcvg.id)
        return {"FINISHED"}
