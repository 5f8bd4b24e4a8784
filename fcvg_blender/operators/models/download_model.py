# SPDX-License-Identifier: GPL-3.0-or-later
"""Download a model, after everything about it has been said."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import BoolProperty

from ...engine import errors
from ...i18n.translate import rpt
from ...jobs.operator_result import Result
from ...settings.addon_choices import Choices
from ...tasks.background import BackgroundTask, background_tasks
from ...ui import dialogs, model_card
from .._base import EngineCommandOperator
from ._base import OfModel


class FCVG_OT_download_model(OfModel, EngineCommandOperator):
    """See what this model may be used for, and download it"""

    bl_idname = "fcvg.download_model"
    bl_label = "Download Model"

    accept: BoolProperty(name="I accept this licence", description="Remembered with the date", options={"SKIP_SAVE"})

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        title = rpt("Download {model}").format(model=self.model.title)
        return dialogs.invoke_props_dialog(self, context, title=title, confirm_text="Download")

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        model_card.draw(context, layout, self.model, dialogs.room_px(context))
        known = context.window_manager.fcvg.models.get(self.name)
        if known is not None:
            dialogs.fact(context, layout, "Note", known.note)
        if self._asks():
            layout.prop(self, "accept")
        elif known is not None and known.consent not in {"", "not needed"}:
            dialogs.fact(context, layout, "Accepted", known.consent)

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the download. Raises FcvgError, LicenceRefused where the licence must be accepted and is not."""
        title = self.model.title
        if self._asks() and not self.accept:
            raise errors.LicenceRefused(
                rpt("{model} can be downloaded once its licence is accepted.").format(model=title),
                "Read it, then tick “I accept”.",
            )
        words = ("download", self.name, *(("--accept",) if self.accept else ()))
        return background_tasks.model(self.name, rpt("Downloading {model}").format(model=title), choices, *words)

    def _asks(self) -> bool:
        """Whether the licence has still to be accepted."""
        known = background_tasks.models.get(self.name)
        return self.model.licence.consent and (known is None or known.consent == "needed")
