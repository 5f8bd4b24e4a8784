# SPDX-License-Identifier: GPL-3.0-or-later
"""Close the box that says why an installation or a download has failed."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs import timer
from ...jobs.operator_result import Result
from ...tasks.background import background_tasks
from ._base import OfCommand


class FCVG_OT_dismiss_trouble(OfCommand, bpy.types.Operator):
    """Take this message away"""

    bl_idname = "fcvg.dismiss_trouble"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        background_tasks.troubles.pop(self.key, None)
        timer.wake()
        return {"FINISHED"}
