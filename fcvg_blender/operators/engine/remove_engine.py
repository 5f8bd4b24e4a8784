"""Remove the installed engine from the disk."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...settings import addon_choices
from ...tasks import engine_state
from ...tasks.background import background_tasks
from ...ui import dialogs


class FCVG_OT_remove_engine(bpy.types.Operator):
    """Remove the installed engine from the disk. Models, downloads and all your frames stay"""

    bl_idname = "fcvg.remove_engine"
    bl_label = "Remove Engine"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if session.jobs:
            cls.poll_message_set("The engine is at work. Wait for it or cancel that first.")
            return False
        kinds = (engine_state.CURRENT, engine_state.OUTDATED, engine_state.BROKEN)
        return dialogs.can_install(cls, context, *kinds)

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        return context.window_manager.invoke_confirm(  # type: ignore[no-any-return]
            self,
            event,
            title="Remove the engine?",
            message="Models and downloads stay, so that it can be installed again quickly.",
            confirm_text="Remove",
        )

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when it is gone, or says why not."""
        try:
            if session.client is not None:
                session.client.close()  # what runs cannot be removed
            task = background_tasks.install("remove", addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)
