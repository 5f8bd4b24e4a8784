"""Let the doctor look at this computer."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import background_tasks
from ...ui import dialogs


class FCVG_OT_run_doctor(bpy.types.Operator):
    """Examine the engine, the graphics card, the memory, the disk and the models, and make a frame"""

    bl_idname = "fcvg.run_doctor"
    bl_label = "Run Doctor"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns with the result."""
        try:
            task = background_tasks.doctor(addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
