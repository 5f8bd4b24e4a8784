"""Show what the installer wrote."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...tasks import background


class FCVG_OT_open_install_log(bpy.types.Operator):
    """Open the log of the newest installation"""

    bl_idname = "fcvg.open_install_log"
    bl_label = "Show Log"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if not background.install_log().exists():
            cls.poll_message_set("Nothing has been installed yet.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        bpy.ops.wm.path_open(filepath=str(background.install_log()))
        return {"FINISHED"}
