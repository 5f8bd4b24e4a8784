# SPDX-License-Identifier: GPL-3.0-or-later
"""Show one of the takes of a strip."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import IntProperty

from ...edit import selection, strip_takes
from ...i18n.translate import rpt
from ...jobs.operator_result import Result
from ...ui import take_labels
from .._base import ActiveInbetweensOperator


class FCVG_OT_show_take(ActiveInbetweensOperator):
    """Show one of the takes of the active strip of inbetweens"""

    bl_idname = "fcvg.show_take"
    bl_label = "Show Take"
    bl_options = {"REGISTER", "UNDO"}

    number: IntProperty(name="Take", description="Number of the take", default=1, min=1)

    @classmethod
    def description(cls, context: Any, properties: Any) -> str:
        """Blender calls this. Return all that there is to know of the take."""
        take = selection.numbered_take(context, properties.number)
        return take_labels.everything(selection.inbetweens(context).fcvg, take) if take else ""

    def act(self, context: Any) -> Result:
        """Blender calls this."""
        if selection.numbered_take(context, self.number) is None:
            self.report({"ERROR"}, rpt("The strip has no take {number}.").format(number=self.number))
            return {"CANCELLED"}
        strip_takes.show(selection.inbetweens(context), self.number)
        return {"FINISHED"}
