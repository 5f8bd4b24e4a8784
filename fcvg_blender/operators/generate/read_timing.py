# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pace of an animation into a typed timing chart."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import selection
from ...engine import errors
from ...i18n.translate import mark
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...timing import spacing
from .._base import EditOperator


class FCVG_OT_read_timing(EditOperator):
    """Write the pace of the chosen animation into a typed chart, to be changed from there"""

    bl_idname = "fcvg.read_timing"
    bl_label = "Read From Animation"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        if compat.sequencer_scene(context).fcvg.spacing.object is None:
            return mark("Choose the object whose animation spaces the drawings.")
        if selection.gap(context) is None:
            return mark("Select two strips, or a strip of inbetweens: the animation is read between its keys.")
        return ""

    def act(self, context: Any) -> Result:
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
