# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a strip showing one of its takes."""

from __future__ import annotations

from typing import Any

from ...edit import selection, strip_takes
from ...i18n.translate import rpt
from ...jobs.operator_result import Result
from .._base import SelectedInbetweensOperator
from ._base import OfTake


class FCVG_OT_pin_take(OfTake, SelectedInbetweensOperator):
    """Pin this take: the strip goes on showing it when other takes are finished. Once more: let go of it"""

    bl_idname = "fcvg.pin_take"
    bl_label = "Pin Take"
    bl_options = {"REGISTER", "UNDO"}

    def act(self, context: Any) -> Result:
        """Pin the numbered take of the active strip, or let go of it. Without a number, pin all selected strips, or let
        go of them where all are pinned."""
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
