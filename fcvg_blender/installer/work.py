# SPDX-License-Identifier: GPL-3.0-or-later
"""One verb at work: it says how far it is, stops when it is to stop, and keeps a log. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..engine import file_lock, places, protocol, transfer
from ..engine.log import HEAD
from .cancellation import Stop
from .output import JOB, Teller
from .refusals import disk_errors
from .wish import Wish

_TAIL_LINES = 60
_WAIT_S = 0.2  # between two looks whether another installer is done


@dataclass(frozen=True)
class Watch:
    """How one section of the work says how far it is. `log` takes what programs say. `step` gets what is being done and
    the fraction of the section in [0, 1] that is done; it may raise Cancelled, as `stop` may."""

    log: Path
    stop: Stop
    step: Callable[[str, float], None]


class Work:
    """What all verbs that change something have in common."""

    def __init__(self, wish: Wish, teller: Teller, stop: Stop) -> None:
        self.wish = wish
        self.stop = stop
        self._teller = teller

    def step(self, stage: str, fraction: float, rate: transfer.Rate | None = None) -> None:
        """Say what is being done and which fraction of the whole, in [0, 1], is done. Raises Cancelled."""
        self.stop.check()
        if rate is None:
            self._teller.progress(protocol.Progress(JOB, stage, fraction))
        else:
            amounts = (rate.done_bytes, rate.total_bytes, rate.bytes_per_s)
            self._teller.progress(protocol.Progress(JOB, stage, fraction, rate.eta_s, *amounts))

    def section(self, begin: float, end: float) -> Watch:
        """Return a watch for the section of the work between the fractions `begin` and `end` of the whole."""
        return Watch(log(), self.stop, lambda stage, fraction: self.step(stage, begin + (end - begin) * fraction))

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Keep other installers out while the block runs. Gives True when it had to wait for one. Raises DiskError,
        Cancelled."""
        waited = False

        def wait() -> None:
            nonlocal waited
            waited = True
            self.step("Waiting for another Blender to finish installing", 0.0)
            time.sleep(_WAIT_S)

        with disk_errors(places.user_data()):
            places.user_data().mkdir(parents=True, exist_ok=True)
        with file_lock.held(places.user_data() / "install.lock", wait):
            yield waited


def log() -> Path:
    """Return the file that takes what the programs say that the installer runs."""
    return places.user_data() / "install.log"


def log_tail(since_s: float) -> str:
    """Return the end of the log; empty when nothing was written since then (seconds since the epoch)."""
    with suppress(OSError):
        if log().stat().st_mtime < since_s:
            return ""
        said = log().read_bytes().removeprefix(HEAD).decode("utf-8", "replace")
        return "\n".join(said.splitlines()[-_TAIL_LINES:])
    return ""
