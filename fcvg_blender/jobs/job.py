"""One job of the engine: what it makes, and how far it is."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..engine import protocol
from ..i18n import amounts
from ..i18n.translate import mark
from ..timing import exposure


@dataclass
class Job:
    """Frames, or with `overlay` conditions, of the take with the id `take`; where that is empty, a self-test, or with
    `on_final` something else that makes no frames: that is called with the final report.

    `id` is new for each run, because a take's earlier run may still be stopping when it is resumed.
    `drawings`: those that are there. `resumed`: some are from an earlier run, and outlive this one whatever happens.
    `in_line`: one of many, so its strip stays when it fails and says why. `fingerprints`: those of the take's two keys.
    `fraction` in [0, 1]; `eta_s` is None until known. `preview`: the newest contact sheet of frames being denoised.
    """

    name: str
    take: str = ""
    folder: Path = field(default_factory=Path)
    on_final: Callable[[protocol.Message], None] | None = None
    drawings: list[exposure.Drawing] = field(default_factory=list)
    resumed: bool = False
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

    def eta(self) -> str:
        """Time left in words, '' while unknown and at the end."""
        return amounts.time_left(self.eta_s)
