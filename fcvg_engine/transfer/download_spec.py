"""What is wanted, and how long to try for it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Download:
    """One file wanted at `path`. `sha256` empty: unknown, see the result of `fetch`. `size_bytes` 0: not known.

    `title` is what progress calls it; `headers` go to the host of `url` only, never to one it redirects to.
    """

    url: str
    path: Path
    sha256: str = ""
    size_bytes: int = 0
    title: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.title or self.path.name


@dataclass(frozen=True)
class Patience:
    """When to give up.

    `tries`: how many may fail one after another without one new byte. `stall_s`: without a byte for so long, a
    connection counts as cut. Before the next try it waits `first_wait_s`, doubled from try to try and shortened by
    chance by up to a half, so that many computers that were cut off together do not come back together; or as long as
    the server asks for; never longer than `longest_wait_s`.
    """

    tries: int = 6
    stall_s: float = 30.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait_s(self, failed: int, asked_s: float = 0.0) -> float:
        """How long to wait after `failed` tries (from 1) without a new byte."""
        wait_s = self.first_wait_s * 2.0 ** min(failed - 1, 30) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        return min(self.longest_wait_s, max(asked_s, wait_s))


PATIENCE = Patience()
