"""Download a model, after everything about it has been said."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ...engine import errors, registry
from ...i18n.translate import rpt
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import background_tasks
from ...ui import dialogs, preferences_models


class FCVG_OT_download_model(bpy.types.Operator):
    """See what this model may be used for, and download it"""

    bl_idname = "fcvg.download_model"
    bl_label = "Download Model"

    name: StringProperty(name="Model", description="Its name in the registry", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    accept: BoolProperty(  # type: ignore[valid-type]
        name="I accept this licence", description="Remembered with the date", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        title = rpt("Download {model}").format(model=registry.models()[self.name].title)
        width = dialogs.WIDTH_PX
        return context.window_manager.invoke_props_dialog(  # type: ignore[no-any-return]
            self, width=width, title=title, confirm_text="Download"
        )

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        preferences_models.draw_card(context, layout, registry.models()[self.name], dialogs.room_px(context))
        known = context.window_manager.fcvg.models.get(self.name)
        if known is not None:
            dialogs.fact(context, layout, "Note", known.note)
        if self._asks():
            layout.prop(self, "accept")
        elif known is not None and known.consent not in {"", "not needed"}:
            dialogs.fact(context, layout, "Accepted", known.consent)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when the model is there, or says why not."""
        try:
            model = registry.models()[self.name]
            if self._asks() and not self.accept:
                raise errors.LicenceRefused(
                    rpt("{model} can be downloaded once its licence is accepted.").format(model=model.title),
                    "Read it, then tick “I accept”.",
                )
            words = ("download", self.name, *(("--accept",) if self.accept else ()))
            title = rpt("Downloading {model}").format(model=model.title)
            task = background_tasks.model(self.name, title, addon_choices.read(context), *words)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)

    def _asks(self) -> bool:
        """Whether the licence has still to be accepted."""
        known = background_tasks.models.get(self.name)
        return registry.models()[self.name].licence.consent and (known is None or known.consent == "needed")
