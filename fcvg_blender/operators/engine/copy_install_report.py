# SPDX-License-Identifier: GPL-3.0-or-later
"""Put all that helps to find out why an installation failed onto the clipboard."""

from __future__ import annotations

from typing import Any

import bpy

from ...settings import addon_choices
from ...tasks import background, engine_state, error_report
from .._base import CopyOperator


class FCVG_OT_copy_install_report(CopyOperator):
    """Copy versions, the state of the engine, errors and the end of the log, without the names of your folders"""

    bl_idname = "fcvg.copy_install_report"
    bl_label = "Copy Report"

    def text(self, context: Any) -> str:
        """Return the report."""
        state = engine_state.read_state(addon_choices.read(context).engine_python)
        return error_report.of_installation(
            blender=bpy.app.version_string,
            online=bpy.app.online_access,
            engine=f"{state.kind}: {state.text}",
            plans=list(background.background_tasks.plans.values()),
            troubles=background.background_tasks.troubles,
            log=background.install_log(),
        )
