"""Show what the engine wrote."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...jobs.session import session


class FCVG_OT_open_log(bpy.types.Operator):
    """Open the engine's log file"""

    bl_idname = "fcvg.open_log"
    bl_label = "Open Log"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if session.client is None or not session.client.log.path.exists():
            cls.poll_message_set("The engine has not been started yet, so it has written nothing.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        if session.client is not None:  # poll has seen to it
            bpy.ops.wm.path_open(filepath=str(session.client.log.path))
        return {"FINISHED"}
