# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop rendering keys."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...keys_3d import render_frames


class FCVG_OT_cancel_stills(bpy.types.Operator):
    """Stop after the key that is being rendered; Esc stops at once. Keys that are there will be used next time"""

    bl_idname = "fcvg.cancel_stills"
    bl_label = "Cancel Keys"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return render_frames.running()

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        render_frames.stop()
        return {"FINISHED"}
