# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the files of a model with their sha256."""

from __future__ import annotations

from ...i18n.translate import rpt
from ...settings.addon_choices import Choices
from ...tasks.background import BackgroundTask, background_tasks
from .._base import EngineCommandOperator
from ._base import OfModel


class FCVG_OT_verify_model(OfModel, EngineCommandOperator):
    """Read all files of this model and compare them with what was published"""

    bl_idname = "fcvg.verify_model"
    bl_label = "Verify Model"

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command that reads the files. Raises FcvgError."""
        verifying = rpt("Verifying {model}").format(model=self.model.title)
        return background_tasks.model(self.name, verifying, choices, "verify", self.name)
