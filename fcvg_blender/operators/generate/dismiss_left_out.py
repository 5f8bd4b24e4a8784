# SPDX-License-Identifier: GPL-3.0-or-later
"""Close the list of pairs that were left out."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...jobs.publish import publish_all
from ...jobs.session import session


class FCVG_OT_dismiss_left_out(bpy.types.Operator):
    """Take this list out of the panel"""

    bl_idname = "fcvg.dismiss_left_out"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, _context: Any) -> Result:
        """Blender calls this."""
        session.left_out = []
        publish_all()
        return {"FINISHED"}
