"""Everything that is to be known of a model."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import registry
from ...jobs.operator_result import Result
from ...ui import dialogs, preferences_models


class FCVG_OT_show_model(bpy.types.Operator):
    """Licence, commercial use, training data and where this model comes from"""

    bl_idname = "fcvg.show_model"
    bl_label = "About This Model"
    bl_options = {"INTERNAL"}

    name: StringProperty(name="Model", description="Its name in the registry", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        return context.window_manager.invoke_popup(self, width=dialogs.WIDTH_PX)  # type: ignore[no-any-return]

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        model = registry.models()[self.name]
        layout.label(text=model.title)
        preferences_models.draw_card(context, layout, model, dialogs.room_px(context))
        known = context.window_manager.fcvg.models.get(self.name)
        if known is not None:
            for name, text in (("Folder", known.path), ("Note", known.note)):
                dialogs.fact(context, layout, name, text)
            if known.consent == "needed":
                layout.operator("fcvg.accept_licence", icon="CHECKMARK").name = self.name

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        return {"FINISHED"}
