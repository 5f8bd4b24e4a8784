"""Close the box that says why an installation or a download has failed."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...jobs import timer
from ...jobs.operator_result import Result
from ...tasks.background import background_tasks


class FCVG_OT_dismiss_trouble(bpy.types.Operator):
    """Take this message away"""

    bl_idname = "fcvg.dismiss_trouble"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    key: StringProperty(name="Key", description="Which one", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        background_tasks.troubles.pop(self.key, None)
        timer.wake()
        return {"FINISHED"}
