# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be downloaded, and how patiently."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..shared.file_records import Record, Written


@dataclass(frozen=True)
class Download:
    """One file that is wanted at `path`. `sha256` is empty and `size_bytes` 0 where they are not known.

    `title` is what progress calls it; `headers` go to the host of `url` only, never to one it redirects to. `anew`: it
    is fetched even if something lies at `path`. Only what `record` knows is replaced there, all else is put aside. It
    also notes what comes.

    `check` is called when all has come, before it gets its name. It gets where that lies and returns why it cannot be
    the wanted file, as the end of a sentence "… could not be downloaded: what comes is not the published file (…)";
    empty when it may be.
    """

    url: str
    path: Path
    sha256: str = ""
    size_bytes: int = 0
    title: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False
    record: Record = field(default_factory=Written, compare=False)
    check: Callable[[Path], str] = field(default=lambda path: "", compare=False)

    @property
    def name(self) -> str:
        """The name of the file in messages."""
        return self.title or self.path.name


@dataclass(frozen=True)
class Patience:
    """When to give up.

    `tries`: how many may fail one after another without a new byte. `stall_s`: how long a connection may bring no byte
    before it counts as cut. Before the second try it waits `first_wait_s`, and twice as long from try to try. Each wait
    is shortened at random by up to a half, so that many computers that were cut off together do not come back together.
    It is longer if the server asks for that, but never longer than `longest_wait_s`.
    """

    tries: int = 6
    stall_s: float = 30.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait_s(self, failed: int, asked_s: float = 0.0) -> float:
        """Return how long to wait after `failed` tries (from 1) without a new byte; `asked_s` is what the server asks
        for."""
        wait_s = self.first_wait_s * 2.0 ** min(failed - 1, 30) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        return min(self.longest_wait_s, max(asked_s, wait_s))


PATIENCE = Patience()
