# SPDX-License-Identifier: GPL-3.0-or-later
"""Write down what models and licences made the frames of a delivery."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import protocol
from ...i18n.translate import mark
from ...jobs.operator_result import Result
from ...settings.addon_choices import Choices
from ...tasks.background import MODELS, BackgroundTask, background_tasks
from .._base import EngineCommandOperator

FILE = "models.csv"


class FCVG_OT_models_report(EngineCommandOperator):
    """Write a table of the models and licences that made the frames below a folder, for a delivery"""

    bl_idname = "fcvg.models_report"
    bl_label = "Report for Delivery"

    directory: StringProperty(
        name="Folder", description="With the frames, or with the folders of them", subtype="DIR_PATH"
    )

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command that writes the table beside the frames; with a window, open it then. Raises FcvgError."""
        folder = Path(bpy.path.abspath(self.directory))
        file = folder / FILE
        return background_tasks.model(
            MODELS,
            mark("Reading what the frames were made by"),
            choices,
            *("report", str(folder), "--csv", "--out", str(file)),
            then=lambda final: _open(final, file),
        )


def _open(final: protocol.Message, file: Path) -> None:
    """Open the table, unless the command has failed or there is no window."""
    if isinstance(final, protocol.ModelList) and not bpy.app.background:
        bpy.ops.wm.path_open(filepath=str(file))
