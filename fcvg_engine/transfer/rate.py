# SPDX-License-Identifier: GPL-3.0-or-later
"""How far several downloads have come, and how fast."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_WINDOW_S = 5.0  # the rate is the mean over so long
_SETTLED_S = 1.0  # before that, no rate is told: first packets come in bursts


@dataclass(frozen=True)
class Rate:
    """How far several downloads have come. `eta_s` is None until it can be told.

    `titles`: what is under way. Those in `coming` are names of files whose bytes come in; the others are sentences
    that say what is done instead, such as checking a file or waiting for another program.
    """

    titles: tuple[str, ...]
    done_bytes: int
    total_bytes: int
    bytes_per_s: float
    eta_s: float | None
    coming: frozenset[str] = frozenset()


OnRate = Callable[[Rate], None]


class Board:
    """The state of all downloads: their threads write it, the caller's thread reads it."""

    def __init__(self, sizes_bytes: dict[Path, int]) -> None:
        self._lock = threading.Lock()
        self._totals = dict(sizes_bytes)
        self._done = dict.fromkeys(sizes_bytes, 0)
        self._titles: dict[Path, str] = {}
        self._coming: set[Path] = set()
        self._received_bytes = 0
        self._samples: collections.deque[tuple[float, int]] = collections.deque()

    def show(self, path: Path, title: str, coming: bool = False) -> None:
        """What is done about `path` now; nothing any more when `title` is empty.

        `coming`: `title` is the file's name and its bytes come in; else `title` says what is done.
        """
        with self._lock:
            self._titles.pop(path, None)
            self._coming.discard(path)
            if title:
                self._titles[path] = title
            if coming:
                self._coming.add(path)

    def size(self, path: Path, size_bytes: int) -> None:
        """Set the size of the file `path`; 0 is not known."""
        with self._lock:
            self._totals[path] = size_bytes

    def done(self, path: Path, done_bytes: int, received_bytes: int = 0) -> None:
        """Set how much of the file `path` is there, of which `received_bytes` have just come in."""
        with self._lock:
            self._done[path] = done_bytes
            self._received_bytes += received_bytes

    def rate(self) -> Rate:
        """Return the state now. The bytes per second are the mean over the last calls, so call it a few times a
        second."""
        with self._lock:
            now = time.monotonic()
            self._samples.append((now, self._received_bytes))
            while self._samples[0][0] < now - _WINDOW_S:
                self._samples.popleft()
            since, before_bytes = self._samples[0]
            bytes_per_s = 0.0
            if now - since >= _SETTLED_S:
                bytes_per_s = (self._received_bytes - before_bytes) / (now - since)
            done_bytes = sum(self._done.values())
            total_bytes = sum(max(self._totals[path], done) for path, done in self._done.items())
            eta_s = (total_bytes - done_bytes) / bytes_per_s if bytes_per_s and all(self._totals.values()) else None
            coming = frozenset(self._titles[path] for path in self._coming)
            return Rate(tuple(self._titles.values()), done_bytes, total_bytes, bytes_per_s, eta_s, coming)
