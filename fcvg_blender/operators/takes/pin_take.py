"""Keep a strip showing one of its takes."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import IntProperty

from ...edit import selection, strip_takes
from ...i18n.translate import rpt
from ...jobs.operator_result import Result


class FCVG_OT_pin_take(bpy.types.Operator):
    """Pin this take: the strip goes on showing it when other takes are finished. Once more: let go of it"""

    bl_idname = "fcvg.pin_take"
    bl_label = "Pin Take"
    bl_options = {"REGISTER", "UNDO"}

    number: IntProperty(
        name="Take",
        description="Number of a take of the active strip. 0: the take that each selected strip shows",
        min=0,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if not selection.selected(context):
            cls.poll_message_set("Select strips of inbetweens.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Several strips are pinned unless all of them are, else let go."""
        if not self.number:
            chosen = selection.selected(context)
            pinned = not all(strip.fcvg.pinned for strip in chosen)
            for strip in chosen:
                strip.fcvg.pinned = pinned
            return {"FINISHED"}
        if selection.numbered_take(context, self.number) is None:
            self.report({"ERROR"}, rpt("The strip has no take {number}.").format(number=self.number))
            return {"CANCELLED"}
        strip = selection.inbetweens(context)
        strip.fcvg.pinned = strip.fcvg.number != self.number or not strip.fcvg.pinned
        strip_takes.show(strip, self.number)
        return {"FINISHED"}
