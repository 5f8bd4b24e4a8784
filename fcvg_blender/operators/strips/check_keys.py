"""Look now whether inbetweens still fit their keys."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import strips
from ...i18n.translate import plural
from ...jobs import change_watcher
from ...jobs.operator_result import Result


class FCVG_OT_check_keys(bpy.types.Operator):
    """Look now whether the keys of all inbetweens are what they were; strips whose keys have changed are marked"""

    bl_idname = "fcvg.check_keys"
    bl_label = "Check Keys"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if next(strips.ours(), None) is None:
            cls.poll_message_set("There are no inbetweens in this file.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        changed = change_watcher.look_at_all()
        if changed:
            what = plural(
                "1 strip of inbetweens does not fit the keys any more.",
                "{count} strips of inbetweens do not fit the keys any more.",
                changed,
            )
            self.report({"WARNING"}, what.format(count=changed))
        else:
            self.report({"INFO"}, "All inbetweens fit their keys.")
        return {"FINISHED"}
