# SPDX-License-Identifier: GPL-3.0-or-later
"""Use model files that the artist has already."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...i18n.translate import mark
from ...jobs.operator_result import Result
from ...settings.addon_choices import Choices
from ...tasks.background import MODELS, BackgroundTask, background_tasks
from .._base import EngineCommandOperator


class FCVG_OT_import_models(EngineCommandOperator):
    """Use model files that you have already: choose a folder or a file. They stay where they are"""

    bl_idname = "fcvg.import_models"
    bl_label = "Import from Disk"

    filepath: StringProperty(
        name="Folder or File", description="Where the model files are", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command that looks for model files. Raises FcvgError."""
        path = bpy.path.abspath(self.filepath)
        return background_tasks.model(MODELS, mark("Looking for model files"), choices, "import", path)
