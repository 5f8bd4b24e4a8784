# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the matches of a preview in a text editor, to be changed by hand."""

from __future__ import annotations

from typing import Any

import bpy

from ... import compat
from ...edit import conditions_strip, selection
from ...engine import plain_text
from ...i18n.translate import mark, rpt
from ...jobs.operator_result import Result
from .._base import EditOperator


class FCVG_OT_edit_matches(EditOperator):
    """Open the matches of this preview in a text editor, and lead the next preview or generation by that file"""

    bl_idname = "fcvg.edit_matches"
    bl_label = "Edit Matches"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        strip = selection.conditions(context)
        is_whole = strip is not None and conditions_strip.is_whole(strip)
        return "" if is_whole else mark("Preview the conditions of two strips first.")

    def act(self, context: Any) -> Result:
        """Blender calls this. Without a window the file is only chosen."""
        path = conditions_strip.matches(selection.conditions(context))
        if not path.is_file():
            gone = rpt("The matches are gone: {path}").format(path=path)
            self.report({"ERROR"}, plain_text.plain(gone))
            return {"CANCELLED"}
        conditions = compat.sequencer_scene(context).fcvg.conditions
        conditions.matches = bpy.path.relpath(str(path)) if bpy.data.filepath else str(path)
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(path))
        return {"FINISHED"}
