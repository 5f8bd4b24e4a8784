"""Read a licence where it is published."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import registry
from ...jobs.operator_result import Result


class FCVG_OT_open_licence(bpy.types.Operator):
    """Open the licence of this model in the web browser"""

    bl_idname = "fcvg.open_licence"
    bl_label = "Read the Licence"

    name: StringProperty(name="Model", description="Its name in the registry", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        bpy.ops.wm.url_open(url=registry.models()[self.name].licence.url)
        return {"FINISHED"}
