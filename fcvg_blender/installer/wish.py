# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user asks of the installer. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..engine import transfer


@dataclass(frozen=True)
class Wish:
    """The options of the command line.

    `base`: the Python to make the engine with, None for the one that runs. `accelerator`: auto, or one of
    pylock.PREFERRED. `where`: the places that packages may come from. `lock`: a pylock of the user's own, instead of
    the add-on's. `weights`: bring the draft models too. `test`: what the new engine has to do before it is used, frame
    or none. `free_downloads`: for remove. `to`, `platform` and `python` (as 3.13): for download.
    """

    base: Path | None = None
    accelerator: str = "auto"
    where: transfer.Places = field(default_factory=transfer.Places)
    lock: Path | None = None
    weights: bool = True
    test: str = "frame"
    free_downloads: bool = False
    to: Path | None = None
    platform: str = ""
    python: str = ""
