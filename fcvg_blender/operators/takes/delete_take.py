"""Take a take away from its strip."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import IntProperty

from ...edit import selection, strip_takes
from ...i18n.translate import mark, rpt, translate_sentences
from ...jobs import timer
from ...jobs.operator_result import Result
from ...jobs.session import session

_ONLY = mark("It is the only take. To be rid of the inbetweens, remove the strip.")


class FCVG_OT_delete_take(bpy.types.Operator):
    """Take a take away from the strip. Its frames stay on disk, and Undo brings it back. One that is being made is
    stopped"""

    bl_idname = "fcvg.delete_take"
    bl_label = "Delete Take"
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
        chosen = selection.selected(context)
        if not chosen:
            cls.poll_message_set("Select strips of inbetweens.")
        elif not any(len(strip.fcvg.others) for strip in chosen):
            cls.poll_message_set(_ONLY)
        else:
            return True
        return False

    def execute(self, context: Any) -> Result:
        """A job that nothing waits for any more is stopped; what it has made stays."""
        if self.number:
            take = selection.numbered_take(context, self.number)
            doomed = [(selection.inbetweens(context), self.number)] if take else []
        else:
            doomed = [(strip, strip.fcvg.number) for strip in selection.selected(context)]
        doomed = [(strip, number) for strip, number in doomed if len(strip.fcvg.others)]
        if not doomed:
            none = rpt("The strip has no take {number} beside others.").format(number=self.number)
            self.report({"ERROR"}, translate_sentences((none, _ONLY)))
            return {"CANCELLED"}
        for strip, number in doomed:
            strip_takes.delete(strip, number)
        session.drop_lost()
        timer.wake()
        return {"FINISHED"}
