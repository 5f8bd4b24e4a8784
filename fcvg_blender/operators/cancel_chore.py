"""Stop an installation or a download."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from .. import pump
from ..chores import chores
from .outcome import Result


class FCVG_OT_cancel_chore(bpy.types.Operator):
    """Stop this. What has been downloaded so far is kept and gone on with next time"""

    bl_idname = "fcvg.cancel_chore"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    key: StringProperty(name="Key", description="Which one", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        chores.cancel(self.key)
        pump.wake()
        return {"FINISHED"}
