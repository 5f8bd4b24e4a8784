# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that commands with `--json` print: models, the doctor, the installer. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from .worker_messages import CancelledReport, Done, Failed, Message, Progress


@dataclass(frozen=True)
class ModelInfo:
    """A model as the registry and this computer know it.

    `enables`: labels of methods, matchers and the like. `state`: present, missing, incomplete or damaged. `commercial`:
    one of `COMMERCIAL`, `commercial_why` the sentence why. `consent`: not needed, needed, or the date it was given.
    `source`: wheel, hub, github or manual, and in words where from. `path`: where its files lie, or would. `note`: what
    else the artist has to know, such as that no sha256 is published.
    """

    name: str
    title: str
    enables: list[str]
    state: str
    licence: str
    licence_url: str
    commercial: str
    commercial_why: str
    consent: str
    training_data: str
    source: str
    origin: str
    size_bytes: int
    path: str
    note: str = ""


@dataclass(frozen=True)
class ModelList(Message):
    """Final line of the command `models … --json`: all models, after what the command did; `notes` say more of that."""

    type: ClassVar[str] = "models"
    models: list[ModelInfo]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """A line of the doctor's. `state`: ok, info, warning or error; `hint` says what to do."""

    subject: str
    text: str
    state: str = "ok"
    hint: str = ""


@dataclass(frozen=True)
class Findings(Message):
    """Final line of the command `doctor --json`. `mistakes`: the likeliest, as sentences with their cure."""

    type: ClassVar[str] = "findings"
    findings: list[Finding]
    mistakes: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class InstallPlan(Message):
    """Final line of the installer's `check --json`: what an installation would do, and what stands in its way.

    `accelerator`: the one that would be taken; `accelerators`: those that can be had here; `detected`: what was found
    on this computer, a sentence. Bytes: still to be downloaded, needed on the disk, free there. `problems`: sentences,
    empty when all is well. `state`: none, current, outdated, broken or foreign (an engine that the installer has not
    made). `engine`: what is installed, a sentence, or empty.
    """

    type: ClassVar[str] = "plan"
    accelerator: str
    accelerators: list[str]
    detected: str
    packages: int
    download_bytes: int
    needed_bytes: int
    free_bytes: int
    folder: str
    state: str
    engine: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Installed(Message):
    """Final line of the installer's other commands: what is there now. `notes` are sentences for the artist."""

    type: ClassVar[str] = "installed"
    state: str
    engine: str
    folder: str
    notes: list[str] = field(default_factory=list)


# What commands with `--json` print, a line each; `FINAL` or one of these results is the last line.
RESULTS = (ModelList, Findings, InstallPlan, Installed)
FROM_COMMANDS: dict[str, type[Message]] = {m.type: m for m in (Progress, Done, Failed, CancelledReport, *RESULTS)}
