"""Show the frames of a strip in the system's file browser."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import selection, strips
from ...i18n.translate import rpt
from ...jobs.operator_result import Result


class FCVG_OT_open_folder(bpy.types.Operator):
    """Open the folder with the frames of the active strip of inbetweens"""

    bl_idname = "fcvg.open_folder"
    bl_label = "Open Folder of Inbetweens"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if _strip(context) is None:
            cls.poll_message_set("Make a strip of inbetweens the active one.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        folder = strips.folder(_strip(context))
        if not folder.is_dir():
            self.report({"ERROR"}, rpt("The folder is gone: {folder}").format(folder=folder))
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


def _strip(context: Any) -> Any:
    return selection.inbetweens(context) or selection.conditions(context)
