# SPDX-License-Identifier: GPL-3.0-or-later
"""Pause the queue, or let it go on."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs import timer
from ...jobs.operator_result import Result


class FCVG_OT_pause_queue(bpy.types.Operator):
    """Begin nothing new until this is clicked again; what is being made is finished"""

    bl_idname = "fcvg.pause_queue"
    bl_label = "Pause or Go On"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        status = context.window_manager.fcvg
        status.paused = not status.paused
        timer.wake()
        return {"FINISHED"}
