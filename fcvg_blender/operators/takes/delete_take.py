# SPDX-License-Identifier: GPL-3.0-or-later
"""Delete a take of a strip."""

from __future__ import annotations

from typing import Any

from ...edit import selection, strip_takes
from ...i18n.translate import mark, rpt, translate_sentences
from ...jobs import timer
from ...jobs.operator_result import Result
from ...jobs.session import session
from .._base import SelectedInbetweensOperator
from ._base import OfTake

_ONLY = mark("It is the only take. To be rid of the inbetweens, remove the strip.")


class FCVG_OT_delete_take(OfTake, SelectedInbetweensOperator):
    """Take a take away from the strip. Its frames stay on disk, and Undo brings it back. One that is being made is
    stopped"""

    bl_idname = "fcvg.delete_take"
    bl_label = "Delete Take"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        reason = super().why_not(context)
        if not reason and not any(len(strip.fcvg.others) for strip in selection.selected(context)):
            return _ONLY
        return reason

    def act(self, context: Any) -> Result:
        """Delete the take, and stop its job where it has one. What that has made stays on the disk."""
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
