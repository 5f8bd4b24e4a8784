"""Commands that run beside the edit: the installer, model downloads, the doctor. Main thread only.

A chore belongs to this Blender, not to a blend file: loading another one leaves it alone. Each has a key, and one key
runs once at a time: one installer, one command a model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from ..engine import errors, find_python, places, protocol
from ..engine.child_command import FINAL, Command
from ..engine.process import NAP_S
from ..i18n import amounts
from ..i18n.translate import mark, rpt, translate_sentence
from ..installer import pythons
from ..settings.addon_choices import Choices
from . import engine_state

ENGINE, PLAN, MODELS, DOCTOR = "engine", "plan", "models", "doctor"  # keys; a model's own is its name
WAIT_STEP_S = 0.2
LOG = "commands.log"

Then = Callable[[protocol.Message], None]


@dataclass
class Chore:
    """A command under way. A `quiet` one shows no bar: nobody has asked for it. `then` gets its final message."""

    key: str
    title: str
    command: Command
    quiet: bool = False
    then: Then | None = None
    progress: protocol.Progress = field(default_factory=lambda: protocol.Progress(None, mark("Starting"), 0.0))
    cancelling: bool = False


class Chores:
    """All of them, and what they have brought to light."""

    def __init__(self) -> None:
        self.running: dict[str, Chore] = {}
        self.troubles: dict[str, protocol.Failed] = {}  # key → why its newest command failed
        self.plans: dict[str, protocol.InstallPlan] = {}  # PLAN, or of an accelerator, see `look_at`
        self.models: dict[str, protocol.ModelInfo] = {}
        self.findings: protocol.Findings | None = None
        self.notes: list[str] = []  # of the newest installation
        self.model_notes: list[str] = []  # of the newest command about models
        self.engine_is_stale = False  # it has not seen yet what has been installed or fetched

    @property
    def active(self) -> bool:
        """Whether `listen` is still needed."""
        return bool(self.running)

    def install(self, verb: str, choices: Choices, *options: str, **how: Any) -> Chore:
        """Start the installer; `options` and `how` as in `begin`. Raises as `begin` does, and MissingPart when no
        Python can run it."""
        key = PLAN if verb == "check" else ENGINE
        return self.begin(key, _INSTALLER_TITLES[verb], pythons.command(verb, *_MACHINE, *options), choices, **how)

    def look_at(self, accelerator: str, choices: Choices) -> None:
        """Have the plan for an accelerator that is not the recommended one, under its own key."""
        key = f"{PLAN}:{accelerator}"
        if key not in self.running:
            arguments = pythons.command("check", *_MACHINE, "--accelerator", accelerator)
            self.begin(key, _INSTALLER_TITLES["check"], arguments, choices, quiet=True)

    def model(self, key: str, title: str, choices: Choices, *words: str, **how: Any) -> Chore:
        """Start `models WORDS…` of the engine's command line. Raises MissingPart without an engine."""
        return self.begin(key, title, _engine(choices, "models", *words, *_MACHINE), choices, **how)

    def sign_in(self, token: str, choices: Choices) -> Chore:
        """Give the model hub's token to the engine: through a pipe, because anybody may see a program's arguments."""
        arguments = _engine(choices, "models", "login", "--json")
        return self.begin(MODELS, mark("Signing in"), arguments, choices, line=f"{token}\n".encode())

    def doctor(self, choices: Choices) -> Chore:
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
    ) -> Chore:
        """Start a command; `line` is what it shall read on its standard input. Raises BadRequest while one with this
        key runs."""
        if key in self.running:
            running = rpt("{title}: this is running already.").format(title=translate_sentence(self.running[key].title))
            raise errors.BadRequest(running, "Wait for it or cancel it.")
        self.troubles.pop(key, None)
        if key == ENGINE:
            self.notes = []
        log = install_log() if key == ENGINE else places.user_data() / "logs" / LOG
        command = Command(arguments, choices.environment(), log)
        command.send(line)
        chore = self.running[key] = Chore(key, title, command, quiet, then)
        return chore

    def cancel(self, key: str) -> None:
        """The artist wants it to stop. What has been fetched so far is gone on with next time."""
        chore = self.running.get(key)
        if chore is not None:
            chore.cancelling = True
            chore.command.cancel()

    def listen(self, until_s: float) -> bool:
        """Handle what has been said, until `time.perf_counter()` says `until_s`; whether there was anything."""
        news = False
        for chore in list(self.running.values()):
            while (message := chore.command.poll()) is not None:
                self._handle(chore, message)
                news = True
                if time.perf_counter() > until_s:
                    return True
        return news

    def wait(self, chore: Chore) -> protocol.Message:
        """Handle messages of `chore` until its final one, which is returned. For Blender without a window."""
        while True:
            message = chore.command.poll(WAIT_STEP_S)
            if message is not None:
                self._handle(chore, message)
                if isinstance(message, FINAL):
                    return message

    def close(self, timeout_s: float) -> None:
        """End all, side by side. Touches nothing of Blender."""
        left, self.running = [chore.command for chore in self.running.values()], {}
        give_up_s = time.monotonic() + timeout_s
        while (left := [command for command in left if not command.close()]) and time.monotonic() < give_up_s:
            time.sleep(NAP_S)

    def publish(self) -> None:
        """Write everything where panels and preferences read it."""
        context: Any = bpy.context
        status = context.window_manager.fcvg
        status.chores.clear()
        for chore in self.running.values():
            if not chore.quiet:
                item = status.chores.add()
                item.name, item.title = chore.key, chore.title
                item.stage = mark("Stopping") if chore.cancelling else chore.progress.stage
                item.fraction, item.words = chore.progress.fraction, amounts.progress(chore.progress)
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

    def _handle(self, chore: Chore, message: protocol.Message) -> None:
        if isinstance(message, protocol.Progress):
            chore.progress = message
            return
        del self.running[chore.key]
        match message:
            case protocol.Failed() if not chore.quiet:
                self.troubles[ENGINE if chore.key == PLAN else chore.key] = message
            case protocol.Installed(notes=notes):
                self.notes = notes
                self.plans.clear()
                self.models.clear()
                self.engine_is_stale = True
            case protocol.ModelList(models=models, notes=notes):
                if not chore.quiet:
                    self.model_notes = notes
                known, self.models = self.models, {info.name: info for info in models}
                self.engine_is_stale |= not chore.quiet and _states(known) != _states(self.models)
            case protocol.InstallPlan():
                self.plans[chore.key] = message
            case protocol.Findings():
                self.findings = message
        if chore.key == ENGINE:
            engine_state.forget()
        if chore.then is not None:
            chore.then(message)


_MACHINE = ("--json", "--until-eof")  # for a program that listens and may cancel
_INSTALLER_TITLES = {
    "check": mark("Looking at this computer"),
    "install": mark("Installing the engine"),
    "update": mark("Updating the engine"),
    "repair": mark("Repairing the engine"),
    "remove": mark("Removing the engine"),
    "free": mark("Freeing the disk"),
}

chores = Chores()


def install_log() -> Path:
    """Where the installer writes what it does."""
    return places.user_data() / "install.log"


def _engine(choices: Choices, *words: str) -> list[str]:
    main = places.root() / "fcvg_engine" / "__main__.py"
    python = find_python.find(choices.engine_python).path
    return [str(python), "-I", str(main), *words]


def _states(models: dict[str, protocol.ModelInfo]) -> dict[str, str]:
    return {name: info.state for name, info in models.items()}


def _findings(findings: protocol.Findings | None, mistakes: bool) -> list[protocol.Finding]:
    if findings is None:
        return []
    return findings.mistakes if mistakes else findings.findings
