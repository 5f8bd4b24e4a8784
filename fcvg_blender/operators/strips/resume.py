# SPDX-License-Identifier: GPL-3.0-or-later
"""Go on with inbetweens that were interrupted; frames already made are kept."""

from __future__ import annotations

from typing import Any

from ...edit import selection
from ...i18n.translate import mark
from ...jobs import enqueue, launch
from ...jobs.operator_result import Result
from ...settings import strip_record
from .._base import EditOperator


class FCVG_OT_resume(EditOperator):
    """Make the missing frames of the active strip; those that are there are kept"""

    bl_idname = "fcvg.resume"
    bl_label = "Resume Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        strip = selection.inbetweens(context)
        is_incomplete = strip is not None and strip.fcvg.state == strip_record.INCOMPLETE
        return "" if is_incomplete else mark("Make a strip of incomplete inbetweens the active one.")

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when all frames are there."""
        strip = selection.inbetweens(context)
        enqueue.again(strip.fcvg)
        return launch.go(self, context, [strip.fcvg.id], at_once=True, new=False)
