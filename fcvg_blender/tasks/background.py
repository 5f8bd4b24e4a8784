# SPDX-License-Identifier: GPL-3.0-or-later
"""Background tasks: commands that run beside the edit, such as the installer, model downloads and the doctor.

Main thread only. A task belongs to this Blender, not to a blend file: loading another one leaves it alone. Each has a
key, and one key runs once at a time: one installer, one command a model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from .. import guard
from ..engine import arrivals, errors, find_python, places, protocol
from ..engine.child_command import FINAL, Command
from ..engine.engine_process import NAP_S
from ..i18n import amounts
from ..i18n.translate import mark, rpt, translate_sentence
from ..installer import find_pythons
from ..settings.addon_choices import Choices
from ..settings.status import panel_status
from . import engine_state

ENGINE, PLAN, MODELS, DOCTOR = "engine", "plan", "models", "doctor"  # keys; a model's own is its name
WAIT_STEP_S = 0.2
LOG = "commands.log"

Then = Callable[[protocol.Message], None]


@dataclass
class BackgroundTask:
    """A command under way. A `quiet` one shows no bar: nobody has asked for it. `then` gets its final message."""

    key: str
    title: str
    command: Command
    quiet: bool = False
    then: Then | None = None
    progress: protocol.Progress = field(default_factory=lambda: protocol.Progress(None, mark("Starting"), 0.0))
    cancelling: bool = False


class BackgroundTasks:
    """All tasks that run, and what they have found out."""

    def __init__(self) -> None:
        self.running: dict[str, BackgroundTask] = {}
        self.troubles: dict[str, protocol.Failed] = {}  # key → why its newest task failed
        self.plans: dict[str, protocol.InstallPlan] = {}  # PLAN, or of an accelerator, see `look_at`
        self.models: dict[str, protocol.ModelInfo] = {}
        self.findings: protocol.Findings | None = None
        self.notes: list[str] = []  # of the newest installation
        self.model_notes: list[str] = []  # of the newest command about models
        self.engine_is_stale = False  # it has not seen yet what has been installed or fetched; see `refresh_engine`

    @property
    def active(self) -> bool:
        """Whether `listen` is still needed."""
        return bool(self.running)

    def install(self, verb: str, choices: Choices, *options: str, **how: Any) -> BackgroundTask:
        """Start the installer with a verb of its command line and `options`; `how` as in `begin`. Raises as `begin`
        does, and MissingPart when no Python can run it."""
        key = PLAN if verb == "check" else ENGINE
        return self.begin(key, _INSTALLER_TITLES[verb], find_pythons.command(verb, *_MACHINE, *options), choices, **how)

    def look_at(self, accelerator: str, choices: Choices) -> None:
        """Find out what installing for an accelerator that is not the recommended one would do; the plan gets a key of
        its own."""
        key = f"{PLAN}:{accelerator}"
        if key not in self.running:
            arguments = find_pythons.command("check", *_MACHINE, "--accelerator", accelerator)
            self.begin(key, _INSTALLER_TITLES["check"], arguments, choices, quiet=True)

    def model(self, key: str, title: str, choices: Choices, *words: str, **how: Any) -> BackgroundTask:
        """Start `models WORDS…` of the engine's command line. Raises MissingPart without an engine."""
        return self.begin(key, title, _engine(choices, "models", *words, *_MACHINE), choices, **how)

    def sign_in(self, token: str, choices: Choices) -> BackgroundTask:
        """Give the model hub's token to the engine, through a pipe: other users may see a program's arguments."""
        arguments = _engine(choices, "models", "login", "--json")
        return self.begin(MODELS, mark("Signing in"), arguments, choices, line=f"{token}\n".encode())

    def doctor(self, choices: Choices) -> BackgroundTask:
        """Start the doctor. Raises MissingPart without an engine."""
        arguments = _engine(choices, "doctor", "--blender", bpy.app.version_string, *_MACHINE)
        return self.begin(DOCTOR, mark("Looking at this computer"), arguments, choices)

    def begin(
        self,
        key: str,
        title: str,
        arguments: list[str],
        choices: Choices,
        quiet: bool = False,
        then: Then | None = None,
        line: bytes = b"",
    ) -> BackgroundTask:
        """Start a command. `line`: what it gets on its standard input; `quiet` and `then` as in BackgroundTask.

        Raises BadRequest while a task with this key runs.
        """
        if key in self.running:
            running = rpt("{title}: this is running already.").format(title=translate_sentence(self.running[key].title))
            raise errors.BadRequest(running, "Wait for it or cancel it.")
        self.troubles.pop(key, None)
        if key == ENGINE:
            self.notes = []
        log = install_log() if key == ENGINE else places.user_data() / "logs" / LOG
        command = Command(arguments, choices.environment(), log)
        command.send(line)
        task = self.running[key] = BackgroundTask(key, title, command, quiet, then)
        return task

    def cancel(self, key: str) -> None:
        """Stop the task with this key. What it has fetched so far stays, and the next one continues there."""
        task = self.running.get(key)
        if task is not None:
            task.cancelling = True
            task.command.cancel()

    def listen(self, until_s: float) -> bool:
        """Handle messages until `time.perf_counter()` says `until_s`; return whether there were any."""
        news = False
        for task in list(self.running.values()):
            while (message := task.command.poll()) is not None:
                with guard.going_on("a command"):
                    self._handle(task, message)
                news = True
                if time.perf_counter() > until_s:
                    return True
        return news

    def wait(self, task: BackgroundTask) -> protocol.Message:
        """Handle the messages of a task until its final one, which is returned. For Blender without a window."""
        while True:
            message = task.command.poll(WAIT_STEP_S)
            if message is not None:
                self._handle(task, message)
                if isinstance(message, FINAL):
                    return message

    def close(self, timeout_s: float) -> None:
        """End all tasks side by side, within `timeout_s` together. Touches nothing of Blender."""
        left, self.running = [task.command for task in self.running.values()], {}
        give_up_s = time.monotonic() + timeout_s
        while (left := [command for command in left if not command.close()]) and time.monotonic() < give_up_s:
            time.sleep(NAP_S)

    def publish(self) -> None:
        """Write everything where panels and preferences read it."""
        status = panel_status()
        status.chores.clear()
        for task in self.running.values():
            if not task.quiet:
                item = status.chores.add()
                item.name, item.title = task.key, task.title
                item.stage = mark("Stopping") if task.cancelling else task.progress.stage
                item.fraction, item.words = task.progress.fraction, amounts.progress(task.progress)
        status.troubles.clear()
        for key, failed in self.troubles.items():
            item = status.troubles.add()
            item.name, item.message, item.hint, item.detail = key, failed.message, failed.hint, failed.detail
        status.models.clear()
        for info in self.models.values():
            item = status.models.add()
            item.name, item.state, item.consent, item.note = info.name, info.state, info.consent, info.note
            item.path, item.size = info.path, amounts.size(info.size_bytes) if info.size_bytes else ""
        status.findings.clear()
        for is_mistake in (True, False):
            for each in _findings(self.findings, is_mistake):
                item = status.findings.add()
                item.is_mistake, item.subject = is_mistake, each.subject
                item.text, item.state, item.hint = each.text, each.state, each.hint
        status.install_notes, status.model_notes = "\n".join(self.notes), "\n".join(self.model_notes)

    def _handle(self, task: BackgroundTask, message: protocol.Message) -> None:
        """Note how far a task is, or with its final message what it has found out."""
        message = arrivals.cleaned(message)
        if isinstance(message, protocol.Progress):
            task.progress = message
            return
        del self.running[task.key]
        match message:
            case protocol.Failed() if not task.quiet:
                self.troubles[ENGINE if task.key == PLAN else task.key] = message
            case protocol.Installed(notes=notes):
                self.notes = notes
                self.plans.clear()
                self.models.clear()
                self.engine_is_stale = True
            case protocol.ModelList(models=models, notes=notes):
                if not task.quiet:
                    self.model_notes = notes
                known, self.models = self.models, {info.name: info for info in models}
                self.engine_is_stale |= not task.quiet and _states(known) != _states(self.models)
            case protocol.InstallPlan():
                self.plans[task.key] = message
            case protocol.Findings():
                self.findings = message
        if task.key == ENGINE:
            engine_state.forget()
        if task.then is not None:
            task.then(message)


_MACHINE = ("--json", "--until-eof")  # for a program that listens and may cancel
_INSTALLER_TITLES = {
    "check": mark("Looking at this computer"),
    "install": mark("Installing the engine"),
    "update": mark("Updating the engine"),
    "repair": mark("Repairing the engine"),
    "remove": mark("Removing the engine"),
    "free": mark("Freeing the disk"),
}

background_tasks = BackgroundTasks()


def install_log() -> Path:
    """Return the path of the file in which the installer writes what it does."""
    return places.user_data() / "install.log"


def _engine(choices: Choices, *words: str) -> list[str]:
    """The arguments that start the engine's command line with `words`. Raises MissingPart without an engine."""
    main = places.root() / "fcvg_engine" / "__main__.py"
    python = find_python.find(choices.engine_python).path
    return [str(python), "-I", str(main), *words]


def _states(models: dict[str, protocol.ModelInfo]) -> dict[str, str]:
    return {name: info.state for name, info in models.items()}


def _findings(findings: protocol.Findings | None, mistakes: bool) -> list[protocol.Finding]:
    """What the doctor has found: likely mistakes, or everything else."""
    if findings is None:
        return []
    return findings.mistakes if mistakes else findings.findings
