"""A few frames within a strip of inbetweens, made once more between what it shows before and after them."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import IntProperty

from ... import compat
from ...edit import selection
from ...engine import errors
from ...i18n.catalogues import OWN
from ...jobs import enqueue, launch, operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...takes import redo_range

LEAST_FRAME, LARGEST_FRAME = -1048574, 1048574  # of Blender's timeline


class FCVG_OT_redo_range(bpy.types.Operator):
    """Make some of these frames anew, from what the strip shows just before and just after them. They are laid over
    the strip; delete them to have the frames below back"""

    bl_idname = "fcvg.redo_range"
    bl_label = "Redo From Here to Here"
    bl_options = {"REGISTER", "UNDO"}

    first: IntProperty(
        name="From",
        description="First frame of the timeline to be made anew",
        min=LEAST_FRAME,
        max=LARGEST_FRAME,
        options={"SKIP_SAVE"},
    )
    last: IntProperty(
        name="To",
        description="Last frame of the timeline to be made anew",
        min=LEAST_FRAME,
        max=LARGEST_FRAME,
        options={"SKIP_SAVE"},
        translation_context=OWN,
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this; the reason why not becomes the button's tooltip."""
        strip = selection.inbetweens(context)
        if strip is None:
            cls.poll_message_set("Make a strip of inbetweens the active one.")
            return False
        if not strip.fcvg.made:
            cls.poll_message_set("None of its frames is made yet.")
            return False
        return True

    def invoke(self, context: Any, _event: Any) -> Result:
        """A click: asks for the frames, beginning with those that the artist has marked."""
        scene = compat.sequencer_scene(context)
        self.first, self.last = redo_range.suggested(scene, selection.inbetweens(context))
        window_manager: Any = context.window_manager
        return window_manager.invoke_props_dialog(self, confirm_text="Redo")  # type: ignore[no-any-return]

    def draw(self, _context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        row = layout.row(align=True)
        row.prop(self, "first")
        row.prop(self, "last")

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when all frames are there."""
        scene = compat.sequencer_scene(context)
        try:
            record = redo_range.lay(
                scene, selection.inbetweens(context), self.first, self.last, addon_choices.read(context)
            )
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        enqueue.again(record)
        return launch.go(self, context, [record.id], at_once=True)
