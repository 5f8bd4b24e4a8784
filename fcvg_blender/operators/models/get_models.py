# SPDX-License-Identifier: GPL-3.0-or-later
"""From the panel to where models are downloaded."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...settings.addon_choices import ADDON_ID, of_addon


class FCVG_OT_get_models(bpy.types.Operator):
    """Open the preferences where models are downloaded"""

    bl_idname = "fcvg.get_models"
    bl_label = "Get Models"

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        found = of_addon(context)
        if found is not None:
            found.section = "MODELS"
        bpy.ops.preferences.addon_show(module=ADDON_ID)
        return {"FINISHED"}
