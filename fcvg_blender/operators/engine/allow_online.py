# SPDX-License-Identifier: GPL-3.0-or-later
"""Let Blender use the internet, by its own preference."""

from __future__ import annotations

from typing import Any

import bpy

from ...i18n.translate import mark
from ...jobs.operator_result import Result
from .._base import ExplainedOperator


class FCVG_OT_allow_online(ExplainedOperator):
    """Blender's own preference, with Blender's own words for it"""

    bl_idname = "fcvg.allow_online"
    bl_label = "Allow Online Access"
    bl_description = (
        "Allow Blender to access the internet. Add-ons that follow this setting will only connect to the internet if "
        "enabled. However, Blender cannot prevent third-party add-ons from violating this rule"
    )

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        if bpy.app.online_access_override and not bpy.app.online_access:
            return mark("Blender was launched in offline mode, which cannot be changed at runtime.")
        return ""

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        context.preferences.system.use_online_access = True
        return {"FINISHED"}
