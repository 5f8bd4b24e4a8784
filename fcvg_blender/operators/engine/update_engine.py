"""Bring the engine up to what this version of the add-on asks for."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks import engine_state
from ...tasks.background import background_tasks
from ...ui import dialogs


class FCVG_OT_update_engine(bpy.types.Operator):
    """Make the engine anew beside the old one, which works until the new one does"""

    bl_idname = "fcvg.update_engine"
    bl_label = "Update Engine"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.can_install(cls, context, engine_state.OUTDATED)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when it is done, or says why not."""
        try:
            task = background_tasks.install("update", addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
