"""Compare the files of a model with their sha256."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import errors, registry
from ...i18n.translate import rpt
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import background_tasks
from ...ui import dialogs


class FCVG_OT_verify_model(bpy.types.Operator):
    """Read all files of this model and compare them with what was published"""

    bl_idname = "fcvg.verify_model"
    bl_label = "Verify Model"

    name: StringProperty(name="Model", description="Its name in the registry", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns with the result."""
        try:
            choices, title = addon_choices.read(context), registry.models()[self.name].title
            verifying = rpt("Verifying {model}").format(model=title)
            task = background_tasks.model(self.name, verifying, choices, "verify", self.name)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
