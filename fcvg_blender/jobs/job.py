# SPDX-License-Identifier: GPL-3.0-or-later
"""One job of the engine: what it makes, and how far it has come."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..engine import protocol
from ..i18n import amounts
from ..i18n.translate import mark
from ..timing import exposure_sheet


@dataclass
class Job:
    """A job makes the frames of the take with the id `take`, or with `overlay` conditions to be laid over the edit.

    Where `take` is '', no frames are made: the job is a self-test, or something else, whose final report goes to
    `on_final`.

    `id`: new for each run, because a take's earlier run may still be stopping when it is resumed.
    `drawings`: those that are there. `resumed`: some of them are from an earlier run and stay, whatever happens to this
    one. `yours`: files of drawings that are the artist's. `unshown`: reports of frames that the strips do not show
    yet. `fingerprints`: of the take's two keys.
    `in_line`: one of many, so that its strip stays when it fails and says why.
    `stage`: what the engine is doing. `queued`: it has other jobs to do first. `fraction`: in [0, 1].
    `eta_s`: seconds to go, None until known. `preview`: the newest contact sheet of frames being denoised.
    """

    name: str
    take: str = ""
    folder: Path = field(default_factory=Path)
    on_final: Callable[[protocol.Message], None] | None = None
    drawings: list[exposure_sheet.Drawing] = field(default_factory=list)
    resumed: bool = False
    yours: set[str] = field(default_factory=set)
    in_line: bool = False
    overlay: bool = False
    fingerprints: tuple[str, str] = ("", "")
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    stage: str = mark("Starting the engine")
    queued: bool = False
    fraction: float = 0.0
    eta_s: float | None = None
    unshown: list[protocol.Frame] = field(default_factory=list)
    preview: protocol.Preview | None = None

    def add_frame(self, frame: protocol.Frame) -> None:
        """Note a drawing that is there; the strips show it later. One that is told of again takes its own place."""
        if not self.overlay:
            drawing = exposure_sheet.Drawing(frame.time, frame.file)
            self.drawings = [*(each for each in self.drawings if each.file != frame.file), drawing]
        if frame.yours:
            self.yours.add(frame.file)
        self.unshown = [*(each for each in self.unshown if each.index != frame.index), frame]

    def eta(self) -> str:
        """Return the time left in words, '' while unknown and at the end."""
        return amounts.time_left(self.eta_s)
