"""The drawings that a new timing asks for and that are not there yet."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import selection
from ...jobs import enqueue, launch
from ...jobs.operator_result import Result
from ...settings import strip_record
from ...takes.requests import DRAWN_TOGETHER, can_be_extended


class FCVG_OT_make_missing(bpy.types.Operator):
    """Make the drawings of the selected inbetweens for which others stand in. Those that are there are kept"""

    bl_idname = "fcvg.make_missing"
    bl_label = "Make Missing Drawings"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        chosen = selection.selected(context)
        if not chosen:
            cls.poll_message_set("Select strips of inbetweens.")
        elif not any(strip.fcvg.made < strip.fcvg.count for strip in chosen):
            cls.poll_message_set("Nothing is missing: every frame has the drawing of its own time.")
        elif not any(can_be_extended(strip.fcvg) for strip in chosen):
            cls.poll_message_set(DRAWN_TOGETHER)
        elif not _ready(chosen):
            cls.poll_message_set("They are being made, or wait for their turn.")
        else:
            return True
        return False

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when all are there."""
        chosen = {strip.fcvg.id: strip for strip in _ready(selection.selected(context))}
        for strip in chosen.values():
            enqueue.again(strip.fcvg)
        return launch.go(self, context, list(chosen), at_once=len(chosen) == 1, new=False)


def _ready(chosen: list[Any]) -> list[Any]:
    """Those with something missing that can be made now."""
    return [
        strip
        for strip in chosen
        if strip.fcvg.made < strip.fcvg.count
        and can_be_extended(strip.fcvg)
        and strip.fcvg.state not in strip_record.UNFINISHED
    ]
