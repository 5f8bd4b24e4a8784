"""See which models are here."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import BoolProperty

from ...engine import errors
from ...i18n.translate import mark
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import MODELS, background_tasks
from ...ui import dialogs


class FCVG_OT_list_models(bpy.types.Operator):
    """Look again which models are here"""

    bl_idname = "fcvg.list_models"
    bl_label = "Look Again"

    quiet: BoolProperty(name="Quiet", description="Show no bar", options={"SKIP_SAVE", "HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once, the table fills by itself. Without: returns with the answer."""
        try:
            choices = addon_choices.read(context)
            task = background_tasks.model(MODELS, mark("Looking for models"), choices, "list", quiet=self.quiet)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
