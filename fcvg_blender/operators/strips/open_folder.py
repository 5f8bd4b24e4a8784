# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the frames of a strip in the system's file browser."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import selection, strips
from ...engine import plain_text
from ...i18n.translate import rpt
from ...jobs.operator_result import Result
from .._base import NONE_ACTIVE, ExplainedOperator


class FCVG_OT_open_folder(ExplainedOperator):
    """Open the folder with the frames of the active strip of inbetweens"""

    bl_idname = "fcvg.open_folder"
    bl_label = "Open Folder of Inbetweens"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return NONE_ACTIVE if _strip(context) is None else ""

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        folder = strips.folder(_strip(context))
        if not folder.is_dir():
            gone = rpt("The folder is gone: {folder}").format(folder=folder)
            self.report({"ERROR"}, plain_text.plain(gone))
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


def _strip(context: Any) -> Any:
    """Return the strip of inbetweens or of conditions that is meant, else None."""
    return selection.inbetweens(context) or selection.conditions(context)
