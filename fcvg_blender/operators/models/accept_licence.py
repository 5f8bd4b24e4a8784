"""Accept a model's licence without downloading it: for files that the artist has already."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import errors
from ...i18n.translate import mark
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import MODELS, background_tasks
from ...ui import dialogs


class FCVG_OT_accept_licence(bpy.types.Operator):
    """I have read the licence of this model and accept it. The date is remembered"""

    bl_idname = "fcvg.accept_licence"
    bl_label = "Accept This Licence"

    name: StringProperty(name="Model", description="Its name in the registry", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns with the result."""
        try:
            task = background_tasks.model(
                MODELS, mark("Noting that down"), addon_choices.read(context), "accept", self.name
            )
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
