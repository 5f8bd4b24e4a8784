# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries a library in a process of its own, which can be ended when the library hangs, whatever it holds."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Self

from ..core import loading

_LOOK_EVERY_S = 0.2


class Probe:
    """A process that runs the Python `statement`. It begins at once, and is ended with the block."""

    def __init__(self, statement: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._end_s = time.monotonic() + loading.patience_s()
        flags = ["-I"] if sys.flags.isolated else []
        with contextlib.suppress(OSError):  # no more processes: then it is tried without a probe
            self._process = subprocess.Popen(
                [sys.executable, *flags, "-c", statement],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def hangs(self, tick: Callable[[], None]) -> bool:
        """Waits for the end; returns whether it has not come in time. Whether all went well is not told. `tick` is
        called meanwhile, and may raise."""
        while self._process is not None and time.monotonic() < self._end_s:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LOOK_EVERY_S)
                return False
            tick()
        return self._process is not None
