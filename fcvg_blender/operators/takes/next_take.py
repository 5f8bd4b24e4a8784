"""Flip through the takes of a strip."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import IntProperty

from ...edit import selection, strip_takes
from ...i18n.translate import tip
from ...jobs.operator_result import Result
from ...settings import strip_record


class FCVG_OT_next_take(bpy.types.Operator):
    """Show another take of each of the selected inbetweens, round and round"""

    bl_idname = "fcvg.next_take"
    bl_label = "Next Take"
    # Flipping to and fro is looking, not work: all of it is one step back.
    bl_options = {"REGISTER", "UNDO_GROUPED"}

    by: IntProperty(name="By", description="1 for the next take, -1 for the one before", default=1, min=-1, max=1)

    @classmethod
    def description(cls, _context: Any, chosen: Any) -> str:
        """Blender calls this."""
        if chosen.by < 0:
            return tip("Show the previous take of each of the selected inbetweens, round and round")
        return tip("Show the next take of each of the selected inbetweens, round and round")

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        chosen = selection.selected(context)
        if not chosen:
            cls.poll_message_set("Select strips of inbetweens.")
        elif not any(len(strip.fcvg.others) for strip in chosen):
            cls.poll_message_set("There is only one take. New Take makes another.")
        else:
            return True
        return False

    def execute(self, context: Any) -> Result:
        """Each strip by itself: they may have different takes."""
        for strip in selection.selected(context):
            strip_takes.show(strip, _beside(strip, self.by))
        return {"FINISHED"}


def _beside(strip: Any, by: int) -> int:
    """Number of the take to be shown next; those that wait and have nothing to show yet are passed over."""
    shown = strip.fcvg.number
    numbers = [
        take.number
        for take in strip_takes.all_of(strip.fcvg)
        if take.number == shown or take.state != strip_record.WAITING or strip_takes.has_drawings(strip, take)
    ]
    return int(numbers[(numbers.index(shown) + by) % len(numbers)])
