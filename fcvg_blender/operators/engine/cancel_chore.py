"""Stop an installation or a download."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...jobs import timer
from ...jobs.operator_result import Result
from ...tasks.background import background_tasks


class FCVG_OT_cancel_chore(bpy.types.Operator):
    """Stop this. What has been downloaded so far is kept and gone on with next time"""

    bl_idname = "fcvg.cancel_chore"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    key: StringProperty(name="Key", description="Which one", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        background_tasks.cancel(self.key)
        timer.wake()
        return {"FINISHED"}
