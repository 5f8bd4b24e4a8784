# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a few frames within a strip of inbetweens once more, between what it shows before and after them."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import IntProperty

from ... import compat
from ...edit import selection, strips
from ...engine import errors
from ...i18n.catalogues import OWN
from ...i18n.translate import mark
from ...jobs import enqueue, launch, operator_result
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...settings import addon_choices
from ...takes import redo_range
from ...ui import dialogs
from .._base import ActiveInbetweensOperator

# Blender's timeline ends there.
_FRAME: dict[str, Any] = {"min": -1048574, "max": 1048574, "options": {"SKIP_SAVE"}}


class FCVG_OT_redo_range(ActiveInbetweensOperator):
    """Make some of these frames anew, from what the strip shows just before and just after them. They are laid over
    the strip; delete them to have the frames below back"""

    bl_idname = "fcvg.redo_range"
    bl_label = "Redo From Here to Here"
    bl_options = {"REGISTER", "UNDO"}

    first: IntProperty(name="From", description="First frame of the timeline to be made anew", **_FRAME)
    last: IntProperty(
        name="To", description="Last frame of the timeline to be made anew", translation_context=OWN, **_FRAME
    )

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        reason = super().why_not(context)
        if not reason and not selection.inbetweens(context).fcvg.made:
            return mark("None of its frames is made yet.")
        return reason

    def invoke(self, context: Any, _event: Any) -> Result:
        """Ask for the frames. Those that the artist has marked in the timeline are filled in."""
        scene = compat.sequencer_scene(context)
        self.first, self.last = redo_range.suggested(scene, selection.inbetweens(context))
        return dialogs.invoke_props_dialog(self, context, width=dialogs.NARROW_PX, confirm_text="Redo")

    def draw(self, _context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        row = layout.row(align=True)
        row.prop(self, "first")
        row.prop(self, "last")

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when all frames are there."""
        scene = compat.sequencer_scene(context)
        try:
            strip = redo_range.lay(
                scene, selection.inbetweens(context), self.first, self.last, addon_choices.read(context)
            )
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        session.laid.note(strip.fcvg.id, strips.folder(strip))
        enqueue.again(strip.fcvg)
        return launch.go(self, context, [strip.fcvg.id], at_once=True)
