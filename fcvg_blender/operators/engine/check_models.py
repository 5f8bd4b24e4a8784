# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the engine which model files it finds."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...jobs import operator_result, timer, without_window
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...settings import addon_choices


class FCVG_OT_check_models(bpy.types.Operator):
    """Start the engine and let it say which methods have all they need"""

    bl_idname = "fcvg.check_models"
    bl_label = "Check Models"

    def execute(self, context: Any) -> Result:
        """With a window, it returns at once, and the panel shows the answer; without one, when the answer is there."""
        try:
            session.look_again(addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        if bpy.app.background:
            without_window.await_greeting()
        timer.wake()
        return {"FINISHED"}
