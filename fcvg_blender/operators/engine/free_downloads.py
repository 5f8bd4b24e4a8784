"""Free the disk of what has been downloaded for the engine."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...jobs import outcome
from ...jobs.outcome import Result
from ...settings import addon_choices
from ...tasks.background import ENGINE, chores


class FCVG_OT_free_downloads(bpy.types.Operator):
    """Delete the packages that the engine was made of. It goes on working; repairing it needs them again"""

    bl_idname = "fcvg.free_downloads"
    bl_label = "Free Downloads"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if ENGINE in chores.running:
            cls.poll_message_set("An installation is running.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when they are gone."""
        try:
            chore = chores.install("free", addon_choices.read(context))
        except errors.FcvgError as error:
            return outcome.refuse_chore(self, error)
        return outcome.settle_chore(self, chore)
