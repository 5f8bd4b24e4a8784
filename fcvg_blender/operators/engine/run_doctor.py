"""Let the doctor look at this computer."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...jobs import outcome
from ...jobs.outcome import Result
from ...settings import addon_choices
from ...tasks.background import chores
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
            chore = chores.doctor(addon_choices.read(context))
        except errors.FcvgError as error:
            return outcome.refuse_chore(self, error)
        return outcome.settle_chore(self, chore)
