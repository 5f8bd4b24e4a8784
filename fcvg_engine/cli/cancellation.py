# SPDX-License-Identifier: GPL-3.0-or-later
"""When a command is to stop: on a signal, or, with `--until-eof`, at the end of its standard input.

Blender holds the other end of that input and closes it to cancel. When Blender dies, the system closes it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import types
from collections.abc import Callable

from ..shared.errors import Cancelled

IsCancelled = Callable[[], bool]

_GRACE_S = 5.0  # for the running step to end after the input has; files are whole at any moment


def watch(until_eof: bool = False) -> IsCancelled:
    """Starts to listen; returns a function that says whether the command is to stop.

    The first signal lets the running step end; the second one does not wait for it. The end of input waits for it as
    long as the grace.
    """
    cancelled = threading.Event()

    def on_signal(number: int, frame: types.FrameType | None) -> None:
        if cancelled.is_set():
            raise Cancelled
        cancelled.set()

    def on_input() -> None:
        while os.read(0, 1 << 12):
            pass
        cancelled.set()
        time.sleep(_GRACE_S)
        os._exit(Cancelled.exit_code)

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    if until_eof:
        threading.Thread(target=on_input, daemon=True).start()
    return cancelled.is_set
