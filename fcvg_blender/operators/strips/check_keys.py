# SPDX-License-Identifier: GPL-3.0-or-later
"""Check now whether inbetweens still fit their keys."""

from __future__ import annotations

from typing import Any

from ...edit import strips
from ...i18n.translate import mark, plural
from ...jobs import key_watcher
from ...jobs.operator_result import Result
from .._base import TakeOperator


class FCVG_OT_check_keys(TakeOperator):
    """Look now whether the keys of all inbetweens are what they were; strips whose keys have changed are marked"""

    bl_idname = "fcvg.check_keys"
    bl_label = "Check Keys"
    bl_options = {"REGISTER"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return "" if next(strips.ours(), None) is not None else mark("There are no inbetweens in this file.")

    def act(self, context: Any) -> Result:
        """Blender calls this."""
        changed = key_watcher.look_at_all()
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
