# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a preview of conditions off the edit."""

from __future__ import annotations

from typing import Any

from ...edit import remove_strip, selection
from ...i18n.translate import mark
from ...jobs.operator_result import Result
from .._base import EditOperator


class FCVG_OT_remove_conditions(EditOperator):
    """Take the preview of conditions off the edit. Its pictures and matches stay on disk"""

    bl_idname = "fcvg.remove_conditions"
    bl_label = "Remove Conditions"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        has_preview = selection.conditions(context) is not None
        return "" if has_preview else mark("There is no preview of conditions for the selected strips.")

    def act(self, context: Any) -> Result:
        """Remove the strip. A job that still draws into it stops by itself when its strip is gone."""
        remove_strip.remove(selection.conditions(context).fcvg.id)
        return {"FINISHED"}
