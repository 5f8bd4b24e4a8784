# SPDX-License-Identifier: GPL-3.0-or-later
"""Delete the files of a model."""

from __future__ import annotations

from typing import Any

from ...i18n.translate import rpt
from ...jobs.operator_result import Result
from ...settings.addon_choices import Choices
from ...tasks.background import BackgroundTask, background_tasks
from ...ui import dialogs
from .._base import EngineCommandOperator
from ._base import OfModel


class FCVG_OT_remove_model(OfModel, EngineCommandOperator):
    """Delete the files of this model. Files that were imported from your own folders stay where they are"""

    bl_idname = "fcvg.remove_model"
    bl_label = "Remove Model"

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        return dialogs.invoke_confirm(
            self,
            context,
            event,
            title=rpt("Remove {model}?").format(model=self.model.title),
            message="It can be downloaded again. What was imported from your own folders is only forgotten.",
            confirm_text="Remove",
        )

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command that deletes the files. Raises FcvgError."""
        removing = rpt("Removing {model}").format(model=self.model.title)
        return background_tasks.model(self.name, removing, choices, "remove", self.name)
