"""Show one of the takes of a strip."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import IntProperty

from ...edit import selection, strip_takes
from ...i18n.translate import rpt
from ...jobs.operator_result import Result
from ...ui import take_labels


class FCVG_OT_show_take(bpy.types.Operator):
    """Show one of the takes of the active strip of inbetweens"""

    bl_idname = "fcvg.show_take"
    bl_label = "Show Take"
    bl_options = {"REGISTER", "UNDO"}

    number: IntProperty(name="Take", description="Number of the take", default=1, min=1)

    @classmethod
    def description(cls, context: Any, properties: Any) -> str:
        """Blender calls this: all that there is to know of the take."""
        take = selection.numbered_take(context, properties.number)
        return take_labels.everything(selection.inbetweens(context).fcvg, take) if take else ""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if selection.inbetweens(context) is None:
            cls.poll_message_set("Make a strip of inbetweens the active one.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        if selection.numbered_take(context, self.number) is None:
            self.report({"ERROR"}, rpt("The strip has no take {number}.").format(number=self.number))
            return {"CANCELLED"}
        strip_takes.show(selection.inbetweens(context), self.number)
        return {"FINISHED"}
