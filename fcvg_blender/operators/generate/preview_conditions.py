# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay the lines and poses that will lead a generation over the edit, to be seen before it is begun."""

from __future__ import annotations

from typing import Any

import bpy

from ... import compat
from ...engine import methods
from ...jobs import launch
from ...jobs.operator_result import Result
from ...settings import menu_choices


class FCVG_OT_preview_conditions(bpy.types.Operator):
    """Draw the lines and poses that will lead the inbetweens and lay them over the edit; nothing is generated"""

    bl_idname = "fcvg.preview_conditions"
    bl_label = "Preview Conditions"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this; the reason why not becomes the button's tooltip."""
        method = compat.sequencer_scene(context).fcvg.method
        if not methods.is_conditioned(menu_choices.engine_word(method)):
            cls.poll_message_set("Only FCVG is led by conditions. Choose it as the method.")
            return False
        return launch.can(cls, context, pair=True)

    def execute(self, context: Any) -> Result:
        """See `launch.preview`."""
        return launch.preview(self, context)
