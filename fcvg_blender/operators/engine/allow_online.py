"""Let Blender use the internet, by its own preference."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result


class FCVG_OT_allow_online(bpy.types.Operator):
    """Blender's own preference, with Blender's own words for it"""

    bl_idname = "fcvg.allow_online"
    bl_label = "Allow Online Access"
    bl_description = (
        "Allow Blender to access the internet. Add-ons that follow this setting will only connect to the internet if "
        "enabled. However, Blender cannot prevent third-party add-ons from violating this rule"
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if bpy.app.online_access_override and not bpy.app.online_access:
            cls.poll_message_set("Blender was launched in offline mode, which cannot be changed at runtime.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        context.preferences.system.use_online_access = True
        return {"FINISHED"}
