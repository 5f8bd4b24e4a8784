# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the model hub a token, for models that it asks an account for."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import StringProperty

from ...i18n.translate import rpt
from ...jobs.operator_result import Result
from ...settings.addon_choices import Choices
from ...tasks.background import BackgroundTask, background_tasks
from ...ui import dialogs
from ...ui.text_layout import paragraph
from .._base import EngineCommandOperator


class FCVG_OT_hub_login(EngineCommandOperator):
    """Store the access token of your account at the model hub, for models that ask for one"""

    bl_idname = "fcvg.hub_login"
    bl_label = "Sign In to the Model Hub"
    bl_options = {"INTERNAL"}  # not REGISTER: what is registered stands in the Info editor with all its properties

    token: StringProperty(
        name="Token", description="An access token with the right to read", subtype="PASSWORD", options={"SKIP_SAVE"}
    )

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        return dialogs.invoke_props_dialog(self, context, title="Sign In to the Model Hub", confirm_text="Sign In")

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        text = rpt(
            "Some models are given only to accounts that have accepted their licence on the hub's own page. "
            "Make a token with the right to read in the settings of your account."
        )
        paragraph(layout, dialogs.wrapped(context, text), "INFO")
        layout.prop(self, "token")

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command that stores the token. Raises FcvgError."""
        return background_tasks.sign_in(self.token.strip(), choices)
