# SPDX-License-Identifier: GPL-3.0-or-later
"""See which models are here."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from bpy.props import BoolProperty

from ...i18n.translate import mark
from ...settings.addon_choices import Choices
from ...tasks.background import MODELS, BackgroundTask, background_tasks
from .._base import EngineCommandOperator


class FCVG_OT_list_models(EngineCommandOperator):
    """Look again which models are here"""

    bl_idname = "fcvg.list_models"
    bl_label = "Look Again"

    quiet: BoolProperty(name="Quiet", description="Show no bar", options={"SKIP_SAVE", "HIDDEN"})

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command that fills the table of models. Raises FcvgError."""
        return background_tasks.model(MODELS, mark("Looking for models"), choices, "list", quiet=self.quiet)
