"""Free the disk of what has been downloaded for the engine."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import ENGINE, background_tasks


class FCVG_OT_free_downloads(bpy.types.Operator):
    """Delete the packages that the engine was made of. It goes on working; repairing it needs them again"""

    bl_idname = "fcvg.free_downloads"
    bl_label = "Free Downloads"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if ENGINE in background_tasks.running:
            cls.poll_message_set("An installation is running.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when they are gone."""
        try:
            task = background_tasks.install("free", addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
