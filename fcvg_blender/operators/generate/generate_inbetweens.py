# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the inbetweens of two selected strips, or of a whole board of them."""

from __future__ import annotations

from typing import Any

from ...jobs import launch
from ...jobs.operator_result import Result
from .._base import EditOperator


class FCVG_OT_generate_inbetweens(EditOperator):
    """Make the frames between each selected strip and the next one and lay them into the edit"""

    bl_idname = "fcvg.generate_inbetweens"
    bl_label = "Generate Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return launch.why_not(context)

    def act(self, context: Any) -> Result:
        """See `launch.generate`."""
        return launch.generate(self, context)
