# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay the lines and poses that will lead a generation over the edit, to be seen before it is begun."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...engine import methods
from ...i18n.translate import mark
from ...jobs import launch
from ...jobs.operator_result import Result
from ...settings import menu_choices
from .._base import EditOperator


class FCVG_OT_preview_conditions(EditOperator):
    """Draw the lines and poses that will lead the inbetweens and lay them over the edit; nothing is generated"""

    bl_idname = "fcvg.preview_conditions"
    bl_label = "Preview Conditions"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        method = compat.sequencer_scene(context).fcvg.method
        if not methods.is_conditioned(menu_choices.engine_word(method)):
            return mark("Only FCVG is led by conditions. Choose it as the method.")
        return launch.why_not(context, pair=True)

    def act(self, context: Any) -> Result:
        """See `launch.preview`."""
        return launch.preview(self, context)
