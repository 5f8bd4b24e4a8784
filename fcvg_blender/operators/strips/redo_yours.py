# SPDX-License-Identifier: GPL-3.0-or-later
"""Make drawings anew that the artist has painted over; the painted ones are put aside."""

from __future__ import annotations

from typing import Any

from ...edit import selection
from ...i18n.translate import mark, plural, rpt
from ...jobs import enqueue, launch
from ...jobs.operator_result import Result
from ...settings import strip_record
from ...ui import dialogs
from .._base import SelectedInbetweensOperator


class FCVG_OT_redo_yours(SelectedInbetweensOperator):
    """Make the drawings anew that you have painted over. Yours are put aside in the same folder, as yours-0003.png"""

    bl_idname = "fcvg.redo_yours"
    bl_label = "Redo Painted Drawings"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        reason = super().why_not(context)
        if not reason and not _painted(context):
            return mark("None of the drawings that are shown was painted over.")
        return reason

    def invoke(self, context: Any, event: Any) -> Result:
        """Ask first: these are the artist's own drawings."""
        count = sum(strip.fcvg.yours for strip in _painted(context).values())
        return dialogs.invoke_confirm(
            self,
            context,
            event,
            title=plural("Make 1 drawing of yours anew?", "Make {count} drawings of yours anew?", count),
            message=rpt("Yours stay in the folder, with “yours-” before their names."),
            confirm_text=rpt("Redo"),
        )

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when all are there."""
        chosen = _painted(context)
        for strip in chosen.values():
            strip.fcvg.redo_yours = True
            enqueue.again(strip.fcvg)
        return launch.go(self, context, list(chosen), at_once=len(chosen) == 1, new=False)


def _painted(context: Any) -> dict[str, Any]:
    """Return the selected strips that show a finished take with drawings of the artist's, by the take's id."""
    return {
        strip.fcvg.id: strip
        for strip in selection.selected(context)
        if strip.fcvg.yours and strip.fcvg.state not in strip_record.UNFINISHED
    }
