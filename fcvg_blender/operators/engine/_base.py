# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operators of the engine share."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import StringProperty

from ...i18n.translate import mark, rpt, translate_sentence
from ...settings import addon_choices
from ...settings.addon_choices import Choices
from ...tasks import engine_state
from ...tasks.background import ENGINE, BackgroundTask, background_tasks
from .._base import CommandOperator


class InstallerOperator(CommandOperator):
    """An operator that runs the installer's `verb` on an engine that is in one of `states`; in any where empty."""

    verb: str
    states: tuple[str, ...] = ()

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        if ENGINE in background_tasks.running:
            return mark("An installation is running already.")
        state = engine_state.read_state(addon_choices.read(context).engine_python)
        if state.chosen:
            return rpt("Another engine is chosen: {engine}").format(engine=translate_sentence(state.text))
        if cls.states and state.kind not in cls.states:
            return translate_sentence(state.text)
        return ""

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the installer. Raises FcvgError where it runs already, or where no Python can run it."""
        return background_tasks.install(self.verb, choices)


class OfCommand:
    """Properties of an operator that is about one of the commands beside the edit."""

    key: StringProperty(name="Key", description="Which one", options={"SKIP_SAVE"})
