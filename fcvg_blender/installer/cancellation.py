# SPDX-License-Identifier: GPL-3.0-or-later
"""How a command of the installer is cancelled: by a signal, or by the end of its input. Standard library only.

Not for Blender's own process, because it uses a thread.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..engine import errors
from ..engine.log import open_log

GRACE_S = 0.7  # for the work to stop by itself and to tidy up
STEP_S = 0.05


class Stop:
    """Notices that the user wants to stop. Whatever takes long calls `check` from time to time.

    Work that does not stop within the grace is cut off: `on_cut` is called on another thread, then the process ends.
    That is safe because an installation may be killed at any moment.
    """

    def __init__(self, on_cut: Callable[[], None]) -> None:
        self._on_cut = on_cut
        self._wanted = threading.Event()
        self._children: set[subprocess.Popen[bytes]] = set()
        threading.Thread(target=self._cut_off, daemon=True).start()

    def on_signals(self) -> None:
        """Stop on the signals with which the system or a terminal ends a program."""
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: self._wanted.set())

    def at_end_of_input(self) -> None:
        """Stop when standard input ends: the program that started this one has closed it, or is gone."""

        def read() -> None:
            with suppress(OSError):
                while os.read(0, 4096):
                    pass
            self._wanted.set()

        threading.Thread(target=read, daemon=True).start()

    def check(self) -> None:
        """Raise Cancelled once the user wants to stop."""
        if self._wanted.is_set():
            raise errors.Cancelled

    def run(
        self, arguments: list[str], environment: dict[str, str], folder: Path, log: Path, on_tick: Callable[[], None]
    ) -> int:
        """Run a program in `folder`, its output appended to `log`, and return its exit code. `on_tick` is called
        meanwhile and may raise, which kills the program. Raises Cancelled, OSError."""
        with open_log(log) as output:
            child: subprocess.Popen[bytes] = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                **_alone(),
            )
        self._children.add(child)
        try:
            while child.poll() is None:
                self.check()
                on_tick()
                time.sleep(STEP_S)
        finally:
            child.kill()
            child.wait()
            self._children.discard(child)
        return child.returncode

    def _cut_off(self) -> None:
        self._wanted.wait()
        time.sleep(GRACE_S)
        for child in list(self._children):
            with suppress(OSError):
                child.kill()
        self._on_cut()
        os._exit(errors.Cancelled.exit_code)


def _alone() -> dict[str, Any]:
    """Return options that keep Ctrl-C in a terminal from the child: this program hears it, and ends the child."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}
