# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the drawings that a new timing asks for and that are not there yet."""

from __future__ import annotations

from typing import Any

from ...edit import selection
from ...i18n.translate import mark
from ...jobs import enqueue, launch
from ...jobs.operator_result import Result
from ...settings import strip_record
from ...takes.requests import DRAWN_TOGETHER, can_be_extended
from .._base import SelectedInbetweensOperator


class FCVG_OT_make_missing(SelectedInbetweensOperator):
    """Make the drawings of the selected inbetweens for which others stand in. Those that are there are kept"""

    bl_idname = "fcvg.make_missing"
    bl_label = "Make Missing Drawings"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        chosen = selection.selected(context)
        if not chosen:
            return super().why_not(context)
        if not any(strip.fcvg.made < strip.fcvg.count for strip in chosen):
            return mark("Nothing is missing: every frame has the drawing of its own time.")
        if not any(can_be_extended(strip.fcvg) for strip in chosen):
            return DRAWN_TOGETHER
        return "" if _ready(chosen) else mark("They are being made, or wait for their turn.")

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when all are there."""
        chosen = {strip.fcvg.id: strip for strip in _ready(selection.selected(context))}
        for strip in chosen.values():
            enqueue.again(strip.fcvg)
        return launch.go(self, context, list(chosen), at_once=len(chosen) == 1, new=False)


def _ready(chosen: list[Any]) -> list[Any]:
    """Return the strips with missing drawings that can be made now."""
    return [
        strip
        for strip in chosen
        if strip.fcvg.made < strip.fcvg.count
        and can_be_extended(strip.fcvg)
        and strip.fcvg.state not in strip_record.UNFINISHED
    ]
