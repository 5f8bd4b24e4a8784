"""Delete the files of a model."""

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


class FCVG_OT_remove_model(bpy.types.Operator):
    """Delete the files of this model. Files that were imported from your own folders stay where they are"""

    bl_idname = "fcvg.remove_model"
    bl_label = "Remove Model"

    name: StringProperty(name="Model", description="Its name in the registry", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        title = registry.models()[self.name].title
        return context.window_manager.invoke_confirm(  # type: ignore[no-any-return]
            self,
            event,
            title=rpt("Remove {model}?").format(model=title),
            message="It can be downloaded again. What was imported from your own folders is only forgotten.",
            confirm_text="Remove",
        )

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns with the result."""
        try:
            choices, title = addon_choices.read(context), registry.models()[self.name].title
            removing = rpt("Removing {model}").format(model=title)
            task = background_tasks.model(self.name, removing, choices, "remove", self.name)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
