# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the doctor look at this computer."""

from __future__ import annotations

from ...settings.addon_choices import Choices
from ...tasks.background import BackgroundTask, background_tasks
from .._base import EngineCommandOperator


class FCVG_OT_run_doctor(EngineCommandOperator):
    """Examine the engine, the graphics card, the memory, the disk and the models, and make a frame"""

    bl_idname = "fcvg.run_doctor"
    bl_label = "Run Doctor"

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the doctor. Raises FcvgError."""
        return background_tasks.doctor(choices)
