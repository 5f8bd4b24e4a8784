# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a licence where it is published."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs.operator_result import Result
from ._base import OfModel


class FCVG_OT_open_licence(OfModel, bpy.types.Operator):
    """Open the licence of this model in the web browser"""

    bl_idname = "fcvg.open_licence"
    bl_label = "Read the Licence"

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        bpy.ops.wm.url_open(url=self.model.licence.url)
        return {"FINISHED"}
