# SPDX-License-Identifier: GPL-3.0-or-later
"""Accept a model's licence without downloading it: for files that the artist has already."""

from __future__ import annotations

from ...i18n.translate import mark
from ...settings.addon_choices import Choices
from ...tasks.background import MODELS, BackgroundTask, background_tasks
from .._base import EngineCommandOperator
from ._base import OfModel


class FCVG_OT_accept_licence(OfModel, EngineCommandOperator):
    """I have read the licence of this model and accept it. The date is remembered"""

    bl_idname = "fcvg.accept_licence"
    bl_label = "Accept This Licence"

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command that notes it down. Raises FcvgError."""
        return background_tasks.model(MODELS, mark("Noting that down"), choices, "accept", self.name)
