# SPDX-License-Identifier: GPL-3.0-or-later
"""Flip through the takes of a strip."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import IntProperty

from ...edit import selection, strip_takes
from ...i18n.translate import mark, tip
from ...jobs.operator_result import Result
from ...settings import strip_record
from .._base import SelectedInbetweensOperator


class FCVG_OT_next_take(SelectedInbetweensOperator):
    """Show another take of each of the selected inbetweens, round and round"""

    bl_idname = "fcvg.next_take"
    bl_label = "Next Take"
    # Flipping through takes is looking, not work: many flips in a row are undone in one step.
    bl_options = {"REGISTER", "UNDO_GROUPED"}

    by: IntProperty(name="By", description="1 for the next take, -1 for the one before", default=1, min=-1, max=1)

    @classmethod
    def description(cls, _context: Any, chosen: Any) -> str:
        """Blender calls this."""
        if chosen.by < 0:
            return tip("Show the previous take of each of the selected inbetweens, round and round")
        return tip("Show the next take of each of the selected inbetweens, round and round")

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        reason = super().why_not(context)
        if not reason and not any(len(strip.fcvg.others) for strip in selection.selected(context)):
            return mark("There is only one take. New Take makes another.")
        return reason

    def act(self, context: Any) -> Result:
        """Show the next take of each strip; they may have different ones."""
        for strip in selection.selected(context):
            strip_takes.show(strip, _beside(strip, self.by))
        return {"FINISHED"}


def _beside(strip: Any, by: int) -> int:
    """Return the number of the take to be shown next. Takes that wait and have no drawings yet are passed over."""
    shown = strip.fcvg.number
    numbers = [
        take.number
        for take in strip_takes.all_of(strip.fcvg)
        if take.number == shown or take.state != strip_record.WAITING or strip_takes.has_drawings(strip, take)
    ]
    return int(numbers[(numbers.index(shown) + by) % len(numbers)])
