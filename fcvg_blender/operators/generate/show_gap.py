# SPDX-License-Identifier: GPL-3.0-or-later
"""Go to inbetweens of the queue in the edit."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import StringProperty

from ... import compat
from ...edit import strip_takes, strips
from ...jobs.operator_result import Result
from .._base import EditOperator


class FCVG_OT_show_gap(EditOperator):
    """Go to these inbetweens in the edit: their strip is selected, and the playhead stands on its earlier key"""

    bl_idname = "fcvg.show_gap"
    bl_label = "Show in Edit"
    bl_options = {"INTERNAL", "UNDO_GROUPED"}

    take: StringProperty(name="Take", description="Id of a take of theirs", options={"SKIP_SAVE"})

    def act(self, context: Any) -> Result:
        """Blender calls this."""
        scene = compat.sequencer_scene(context)
        holder = next((found for found in strip_takes.holders(self.take) if found[0] == scene), None)
        if holder is None:
            self.report({"INFO"}, "These inbetweens lie in the edit of another scene.")
            return {"CANCELLED"}
        strip = holder[1]
        scene.frame_current = compat.left(strip) - 1
        strips.select_only(scene, strip.name)
        return {"FINISHED"}
