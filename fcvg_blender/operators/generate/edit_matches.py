"""Take what was found in the keys as it is, to change it by hand."""

from __future__ import annotations

from typing import Any

import bpy

from ... import compat
from ...edit import conditions_strip, selection
from ...i18n.translate import rpt
from ...jobs.operator_result import Result


class FCVG_OT_edit_matches(bpy.types.Operator):
    """Open the matches of this preview in a text editor, and lead the next preview or generation by that file"""

    bl_idname = "fcvg.edit_matches"
    bl_label = "Edit Matches"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        strip = selection.conditions(context)
        if strip is None or not conditions_strip.is_whole(strip):
            cls.poll_message_set("Preview the conditions of two strips first.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this. Without a window the file is only chosen."""
        path = conditions_strip.matches(selection.conditions(context))
        if not path.is_file():
            self.report({"ERROR"}, rpt("The matches are gone: {path}").format(path=path))
            return {"CANCELLED"}
        conditions = compat.sequencer_scene(context).fcvg.conditions
        conditions.matches = bpy.path.relpath(str(path)) if bpy.data.filepath else str(path)
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(path))
        return {"FINISHED"}
