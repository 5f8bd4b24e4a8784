"""Give the model hub a token, for models that it asks an account for."""

# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

import bpy
from bpy.props import StringProperty

from ...engine import errors
from ...i18n.translate import rpt
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...tasks.background import background_tasks
from ...ui import dialogs
from ...ui.text_layout import paragraph


class FCVG_OT_hub_login(bpy.types.Operator):
    """Store the access token of your account at the model hub, for models that ask for one"""

    bl_idname = "fcvg.hub_login"
    bl_label = "Sign In to the Model Hub"
    bl_options = {"INTERNAL"}  # not REGISTER: what is registered stands in the Info editor with all its properties

    token: StringProperty(  # type: ignore[valid-type]
        name="Token", description="An access token with the right to read", subtype="PASSWORD", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return dialogs.has_engine(cls, context)

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        return context.window_manager.invoke_props_dialog(  # type: ignore[no-any-return]
            self, width=dialogs.WIDTH_PX, title="Sign In to the Model Hub", confirm_text="Sign In"
        )

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        text = rpt(
            "Some models are given only to accounts that have accepted their licence on the hub's own page. "
            "Make a token with the right to read in the settings of your account."
        )
        paragraph(layout, dialogs.wrapped(context, text), "INFO")
        layout.prop(self, "token")

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns with the result."""
        try:
            task = background_tasks.sign_in(self.token.strip(), addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
