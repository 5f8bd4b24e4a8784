"""Make the engine anew, whatever is wrong with it."""

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


class FCVG_OT_repair_engine(bpy.types.Operator):
    """Make the engine anew out of what has been downloaded; what is missing is downloaded again"""

    bl_idname = "fcvg.repair_engine"
    bl_label = "Repair Engine"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.can_install(cls, context, engine_state.CURRENT, engine_state.OUTDATED, engine_state.BROKEN)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when it is done, or says why not."""
        try:
            task = background_tasks.install("repair", addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
