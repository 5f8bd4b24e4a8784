"""Use model files that the artist has already."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import errors
from ...i18n.translate import mark
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import MODELS, background_tasks
from ...ui import dialogs


class FCVG_OT_import_models(bpy.types.Operator):
    """Use model files that you have already: choose a folder or a file. They stay where they are"""

    bl_idname = "fcvg.import_models"
    bl_label = "Import from Disk"

    filepath: StringProperty(  # type: ignore[valid-type]
        name="Folder or File", description="Where the model files are", subtype="FILE_PATH", options={"SKIP_SAVE"}
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
        """With a window: returns at once. Without: returns with the result."""
        try:
            choices, path = addon_choices.read(context), bpy.path.abspath(self.filepath)
            task = background_tasks.model(MODELS, mark("Looking for model files"), choices, "import", path)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
