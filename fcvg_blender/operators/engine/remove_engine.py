# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove the installed engine from the disk."""

from __future__ import annotations

from typing import Any

from ...i18n.translate import mark
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...settings.addon_choices import Choices
from ...tasks import engine_state
from ...tasks.background import BackgroundTask
from ...ui import dialogs
from ._base import InstallerOperator


class FCVG_OT_remove_engine(InstallerOperator):
    """Remove the installed engine from the disk. Models, downloads and all your frames stay"""

    bl_idname = "fcvg.remove_engine"
    bl_label = "Remove Engine"
    verb = "remove"
    states = (engine_state.CURRENT, engine_state.OUTDATED, engine_state.BROKEN)

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        if session.jobs:
            return mark("The engine is at work. Wait for it or cancel that first.")
        return super().why_not(context)

    def invoke(self, context: Any, event: Any) -> Result:
        """Blender calls this."""
        return dialogs.invoke_confirm(
            self,
            context,
            event,
            title="Remove the engine?",
            message="Models and downloads stay, so that it can be installed again quickly.",
            confirm_text="Remove",
        )

    def start(self, choices: Choices) -> BackgroundTask:
        """End the engine, because what runs cannot be removed, and start the installer. Raises FcvgError."""
        if session.client is not None:
            session.client.close()
        return super().start(choices)
