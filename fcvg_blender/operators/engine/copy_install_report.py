"""Put all that helps to find out why an installation failed onto the clipboard."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks import background, engine_state, error_report


class FCVG_OT_copy_install_report(bpy.types.Operator):
    """Copy versions, the state of the engine, errors and the end of the log, without the names of your folders"""

    bl_idname = "fcvg.copy_install_report"
    bl_label = "Copy Report"

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        state = engine_state.read_state(addon_choices.read(context).engine_python)
        context.window_manager.clipboard = error_report.of_installation(
            blender=bpy.app.version_string,
            online=bpy.app.online_access,
            engine=f"{state.kind}: {state.text}",
            plans=list(background.background_tasks.plans.values()),
            troubles=background.background_tasks.troubles,
            log=background.install_log(),
        )
        self.report({"INFO"}, "The report is on the clipboard.")
        return {"FINISHED"}
