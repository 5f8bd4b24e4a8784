"""Put the doctor's findings onto the clipboard."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...tasks import error_report
from ...tasks.background import background_tasks


class FCVG_OT_copy_doctor_report(bpy.types.Operator):
    """Copy what the doctor found, without the names of your folders"""

    bl_idname = "fcvg.copy_doctor_report"
    bl_label = "Copy Report"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if background_tasks.findings is None:
            cls.poll_message_set("Run the doctor first.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        if background_tasks.findings is not None:  # poll has seen to it
            context.window_manager.clipboard = error_report.of_doctor(bpy.app.version_string, background_tasks.findings)
        self.report({"INFO"}, "The report is on the clipboard.")
        return {"FINISHED"}
