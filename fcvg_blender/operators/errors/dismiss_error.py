# SPDX-License-Identifier: GPL-3.0-or-later
"""Close the error box of the panel."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ...jobs.session import session


class FCVG_OT_dismiss_error(bpy.types.Operator):
    """Take this message away"""

    bl_idname = "fcvg.dismiss_error"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        session.error_panel.clear()
        return {"FINISHED"}
