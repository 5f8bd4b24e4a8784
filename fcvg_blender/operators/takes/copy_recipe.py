"""Put onto the clipboard how the shown take is made again."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import selection, strips
from ...engine import errors
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import strip_record
from ...takes import recipe


class FCVG_OT_copy_recipe(bpy.types.Operator):
    """Copy the command lines that make the shown take again, byte for byte, on another computer: with the method, the
    seed and all settings, and the SHA-256 of its keys and models"""

    bl_idname = "fcvg.copy_recipe"
    bl_label = "Copy Recipe"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        strip = selection.inbetweens(context)
        if strip is None:
            cls.poll_message_set("Make a strip of inbetweens the active one.")
        elif strip.fcvg.state in strip_record.UNFINISHED:
            cls.poll_message_set("This take is not finished.")
        else:
            return True
        return False

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        strip = selection.inbetweens(context)
        try:
            text = recipe.text(strips.folder(strip), f"{strip.name}, take {strip.fcvg.number}")
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        context.window_manager.clipboard = text
        self.report({"INFO"}, "The recipe is on the clipboard.")
        return {"FINISHED"}
