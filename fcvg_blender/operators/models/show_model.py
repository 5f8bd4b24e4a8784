# SPDX-License-Identifier: GPL-3.0-or-later
"""Show everything that is known of a model."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...ui import dialogs, model_card
from ._base import OfModel


class FCVG_OT_show_model(OfModel, bpy.types.Operator):
    """Licence, commercial use, training data and where this model comes from"""

    bl_idname = "fcvg.show_model"
    bl_label = "About This Model"
    bl_options = {"INTERNAL"}

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        return dialogs.invoke_popup(self, context)

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        layout.label(text=self.model.title)
        model_card.draw(context, layout, self.model, dialogs.room_px(context))
        known = context.window_manager.fcvg.models.get(self.name)
        if known is not None:
            for name, text in (("Folder", known.path), ("Note", known.note)):
                dialogs.fact(context, layout, name, text)
            if known.consent == "needed":
                layout.operator("fcvg.accept_licence", icon="CHECKMARK").name = self.name

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        return {"FINISHED"}
