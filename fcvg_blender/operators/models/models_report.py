"""What models and licences made the frames of a delivery."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import errors, protocol
from ...i18n.translate import mark
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import MODELS, background_tasks
from ...ui import dialogs

FILE = "models.csv"


class FCVG_OT_models_report(bpy.types.Operator):
    """Write a table of the models and licences that made the frames below a folder, for a delivery"""

    bl_idname = "fcvg.models_report"
    bl_label = "Report for Delivery"

    directory: StringProperty(  # type: ignore[valid-type]
        name="Folder", description="With the frames, or with the folders of them", subtype="DIR_PATH"
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> Result:
        """The table is laid beside the frames; with a window it is opened then."""
        folder = Path(bpy.path.abspath(self.directory))
        file = folder / FILE
        try:
            task = background_tasks.model(
                MODELS,
                mark("Reading what the frames were made by"),
                addon_choices.read(context),
                *("report", str(folder), "--csv", "--out", str(file)),
                then=lambda final: _open(final, file),
            )
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)


def _open(final: protocol.Message, file: Path) -> None:
    if isinstance(final, protocol.ModelList) and not bpy.app.background:
        bpy.ops.wm.path_open(filepath=str(file))
