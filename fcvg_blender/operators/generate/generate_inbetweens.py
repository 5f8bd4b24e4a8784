# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the inbetweens of two selected strips, or of a whole board of them."""

from __future__ import annotations

from typing import Any

import bpy

from ...jobs import launch
from ...jobs.operator_result import Result


class FCVG_OT_generate_inbetweens(bpy.types.Operator):
    """Make the frames between each selected strip and the next one and lay them into the edit"""

    bl_idname = "fcvg.generate_inbetweens"
    bl_label = "Generate Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return launch.can(cls, context)

    def execute(self, context: Any) -> Result:
        """See `launch.generate`."""
        return launch.generate(self, context)
