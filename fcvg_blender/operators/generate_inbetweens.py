"""The click: from two selected strips to a strip of inbetweens that fills itself."""

from __future__ import annotations

from typing import Any

import bpy

from .. import strips
from ..engine import protocol
from . import launch
from .outcome import Result


class FCVG_OT_generate_inbetweens(bpy.types.Operator):
    """Make the frames between the two selected strips and lay them into the edit"""

    bl_idname = "fcvg.generate_inbetweens"
    bl_label = "Generate Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return launch.can(cls, context)

    def execute(self, context: Any) -> Result:
        """See `launch.launch`."""
        return launch.launch(self, context, strips.insert, protocol.Start)
