# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a strip of inbetweens out of the edit."""

from __future__ import annotations

from typing import Any

from ...edit import remove_strip, selection
from ...jobs.operator_result import Result
from .._base import ActiveInbetweensOperator


class FCVG_OT_remove_inbetweens(ActiveInbetweensOperator):
    """Take the active strip of inbetweens out and close the room that was made for it. The frames stay on disk"""

    bl_idname = "fcvg.remove_inbetweens"
    bl_label = "Remove Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    def act(self, context: Any) -> Result:
        """Remove the strip. A job that still fills it stops by itself when its strip is gone."""
        remove_strip.remove(selection.inbetweens(context).fcvg.id)
        return {"FINISHED"}
