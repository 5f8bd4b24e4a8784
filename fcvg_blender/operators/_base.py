# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators of several folders share. The verbs themselves have a file each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import gap_refusals, selection
from ..engine import errors, plain_text
from ..i18n.translate import error_sentence, mark
from ..jobs import operator_result, resync
from ..jobs.operator_result import Result
from ..settings import addon_choices
from ..settings.addon_choices import Choices
from ..tasks import engine_state
from ..tasks.background import BackgroundTask

NONE_ACTIVE = mark("Make a strip of inbetweens the active one.")


class ExplainedOperator(bpy.types.Operator):
    """An operator whose tooltip says why it cannot run now."""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        reason = cls.barred(context) or cls.why_not(context)
        if reason:
            cls.poll_message_set(plain_text.plain(reason, lines=True))
        return not reason

    @classmethod
    def barred(cls, _context: Any) -> str:
        """Return why operators of its kind cannot run here at all, a sentence; '' where they can."""
        return ""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return the reason why it cannot run now, a sentence; '' where it can run."""
        return ""


class TakeOperator(ExplainedOperator):
    """An operator for takes of any edit of the file, by their ids; subclasses `act`."""

    def execute(self, context: Any) -> Result:
        """Blender calls this. Strips that were copied since the last look get ids of their own before all else, so that
        only what is meant is changed."""
        resync.notice_copies()
        return self.act(context)

    def act(self, context: Any) -> Result:
        """Do what the operator is for; return what `execute` returns."""
        raise NotImplementedError


class EditOperator(TakeOperator):
    """An operator for an edit, which must be the file's own: nothing can be changed in a linked one."""

    @classmethod
    def scene(cls, context: Any) -> Any:
        """Return the scene whose edit is meant, None without any."""
        return compat.sequencer_scene(context)

    @classmethod
    def barred(cls, context: Any) -> str:
        """Return why nothing can be changed in the edit, '' where it can."""
        try:
            gap_refusals.check_editable(cls.scene(context))
        except errors.FcvgError as problem:
            return error_sentence(problem)
        return ""


class ActiveInbetweensOperator(EditOperator):
    """An operator for the active strip of inbetweens."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return NONE_ACTIVE if selection.inbetweens(context) is None else ""


class SelectedInbetweensOperator(EditOperator):
    """An operator for all selected strips of inbetweens."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return "" if selection.selected(context) else mark("Select strips of inbetweens.")


class CommandOperator(ExplainedOperator):
    """An operator that starts a command beside the edit: the installer, or one of the engine's command line."""

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the command. Raises FcvgError where it cannot be started."""
        raise NotImplementedError

    def execute(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when the command has ended."""
        try:
            task = self.start(addon_choices.read(context))
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return operator_result.settle_task(self, task)


class EngineCommandOperator(CommandOperator):
    """An operator that starts a command of the engine's command line, so there must be an engine."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        has_engine = engine_state.read_state(addon_choices.read(context).engine_python).python is not None
        return "" if has_engine else mark("Install the engine first.")


class CopyOperator(ExplainedOperator):
    """An operator that puts a text onto the clipboard. `copied` is what it says then."""

    copied = mark("The report is on the clipboard.")

    def text(self, context: Any) -> str:
        """Return what is to be copied. Raises FcvgError where it cannot be told."""
        raise NotImplementedError

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        try:
            context.window_manager.clipboard = plain_text.plain(self.text(context), lines=True)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        self.report({"INFO"}, self.copied)
        return {"FINISHED"}


class OpenLogOperator(ExplainedOperator):
    """An operator that opens a log in the program that the system has for text files."""

    no_log: str  # why not, while nothing has been written

    @classmethod
    def log(cls) -> Path | None:
        """Return the path of the log, which may not be there yet; None where there is not even a path."""
        raise NotImplementedError

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        path = cls.log()
        return "" if path is not None and path.exists() else cls.no_log

    def execute(self, context: Any) -> Result:
        """Blender calls this."""
        bpy.ops.wm.path_open(filepath=str(self.log()))
        return {"FINISHED"}
