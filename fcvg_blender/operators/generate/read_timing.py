"""The pace of an animation as numbers that can be changed."""

from __future__ import annotations

from typing import Any

import bpy

from ... import compat
from ...edit import selection
from ...engine import errors
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...timing import spacing


class FCVG_OT_read_timing(bpy.types.Operator):
    """Write the pace of the chosen animation into a typed chart, to be changed from there"""

    bl_idname = "fcvg.read_timing"
    bl_label = "Read From Animation"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if compat.sequencer_scene(context).fcvg.spacing.object is None:
            cls.poll_message_set("Choose the object whose animation spaces the drawings.")
        elif selection.gap(context) is None:
            cls.poll_message_set("Select two strips, or a strip of inbetweens: the animation is read between its keys.")
        else:
            return True
        return False

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        settings = compat.sequencer_scene(context).fcvg
        first, count = selection.gap(context) or (0, 0)
        hold = settings.hold_frames()
        try:
            times = spacing.of_animation(settings.spacing, count, hold, first, first + count + 1)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        settings.timing, settings.times = spacing.TYPED, spacing.written(times)
        return {"FINISHED"}
