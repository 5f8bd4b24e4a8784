# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop an installation or a download."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs import timer
from ...jobs.operator_result import Result
from ...tasks.background import background_tasks
from ._base import OfCommand


class FCVG_OT_cancel_chore(OfCommand, bpy.types.Operator):
    """Stop this. What has been downloaded so far is kept and gone on with next time"""

    bl_idname = "fcvg.cancel_chore"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        background_tasks.cancel(self.key)
        timer.wake()
        return {"FINISHED"}
