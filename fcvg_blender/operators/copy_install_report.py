"""Put all that helps to find out why an installation failed onto the clipboard."""

from __future__ import annotations

from typing import Any

import bpy

from .. import chores, engine_state, preferences, report
from .outcome import Result


class FCVG_OT_copy_install_report(bpy.types.Operator):
    """Copy versions, the state of the engine, errors and the end of the log, without the names of your folders"""

    bl_idname = "fcvg.copy_install_report"
    bl_label = "Copy Report"

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        state = engine_state.look(preferences.read(context).engine_python)
        context.window_manager.clipboard = report.of_installation(
            blender=bpy.app.version_string,
            online=bpy.app.online_access,
            engine=f"{state.kind}: {state.text}",
            plans=list(chores.chores.plans.values()),
            troubles=chores.chores.troubles,
            log=chores.install_log(),
        )
        self.report({"INFO"}, "The report is on the clipboard.")
        return {"FINISHED"}
