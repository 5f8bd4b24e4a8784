# SPDX-License-Identifier: GPL-3.0-or-later
"""A child process: started, written to, read from, ended. The engine and all commands are such processes. No bpy.

No threads. Blender up to 5.0 (Python 3.11) takes a Python thread that runs for its own and then works on Python's
memory unguarded, which crashes when an operator such as a render runs meanwhile. So the pipes do not block, and whoever
owns the process looks after it from time to time.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from . import errors, installed_engines, protocol

LADDER_STEP_S = 1.0  # from the end of input to terminate, and from terminate to kill
NAP_S = 0.01

_READ_BYTES = 1 << 12
_ENOUGH_LINES = 10  # at once: each costs time of Blender's main thread


def start(arguments: list[str], environment: Mapping[str, str], log: BinaryIO) -> subprocess.Popen[bytes]:
    """Start `arguments` in a process group of its own, with pipes for input and output, and its standard error in
    `log`. Raises OSError."""
    own_group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        own_group = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    lease = installed_engines.lease(Path(arguments[0]))  # the child inherits it, and holds it while it lives
    try:
        return subprocess.Popen(
            arguments,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # No other child may inherit our end of its input: it leaves when that closes.
            close_fds=True,
            pass_fds=() if lease is None else (lease,),
            cwd=tempfile.gettempdir(),
            env=dict(environment),
            **own_group,
        )
    finally:
        if lease is not None:
            os.close(lease)


class Ladder:
    """Ends a process, gently first: end of its input, terminate, kill."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: Pipe) -> None:
        self._process, self._pipe = process, pipe
        self._signals = iter(("SIGTERM", "SIGKILL"))
        self._next_step_s: float | None = None  # set once it is being ended

    def begin(self, patience_s: float) -> None:
        """End its input now, and terminate it after `patience_s`. A second call can only shorten that."""
        self._pipe.close_input()
        next_step_s = time.monotonic() + patience_s
        self._next_step_s = next_step_s if self._next_step_s is None else min(self._next_step_s, next_step_s)

    def climb(self) -> None:
        """Take the next step if it is due."""
        now_s = time.monotonic()
        if self._next_step_s is not None and now_s > self._next_step_s:
            self._next_step_s = now_s + LADDER_STEP_S
            _signal(self._process, next(self._signals, "SIGKILL"))


class Pipe:
    """Both pipes of a process, which do not block. (On Windows writing does, but lines are short, and the child reads.)
    `at_end`: the process has closed its output."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._input, self._output = process.stdin, process.stdout
        self._unsent = self._unsplit = b""
        self.at_end = False
        if os.name == "posix":
            os.set_blocking(self._input.fileno(), False)
            os.set_blocking(self._output.fileno(), False)

    @property
    def has_half_a_line(self) -> bool:
        """Whether bytes have come after the last whole line."""
        return bool(self._unsplit)

    def write(self, line: bytes) -> None:
        """Write what was left from earlier calls, then `line`; what the process does not take now waits for the next
        call."""
        self._unsent += line
        if self._input.closed:
            return
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._input.fileno(), self._unsent) :]
        except BlockingIOError:
            return
        except OSError:  # it is gone: the end of its output tells
            self._unsent = b""

    def read_lines(self, timeout_s: float) -> list[bytes]:
        """Return whole lines without their newlines, a few at most; wait up to `timeout_s` for something to come.
        Raises ProtocolError when a line is too long."""
        lines: list[bytes] = []
        while not self.at_end and _is_readable(self._output.fileno(), 0.0 if lines else timeout_s):
            try:
                chunk = os.read(self._output.fileno(), _READ_BYTES)
            except OSError:
                chunk = b""
            self.at_end = not chunk
            *whole, self._unsplit = (self._unsplit + chunk).split(b"\n")
            lines += whole
            if len(self._unsplit) > protocol.MAX_LINE_BYTES:
                self._unsplit = b""
                raise errors.ProtocolError("a message that was too long")
            if len(lines) > _ENOUGH_LINES:
                break
        return lines

    def is_empty(self) -> bool:
        """Whether nothing more can be read now."""
        return not _is_readable(self._output.fileno(), 0.0)

    def close_input(self) -> None:
        """End the process's input."""
        with suppress(OSError):
            self._input.close()

    def close(self) -> None:
        """Close both pipes."""
        self.close_input()
        self._output.close()


def _is_readable(descriptor: int, timeout_s: float) -> bool:
    """Whether reading would not block: there is something, or the end."""
    if sys.platform != "win32":
        poll = select.poll()  # select() knows no descriptors above 1023, and Blender may have many files open
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))
    import _winapi
    import msvcrt

    give_up_s = time.monotonic() + timeout_s
    while True:
        try:
            if _winapi.PeekNamedPipe(msvcrt.get_osfhandle(descriptor), 0)[0]:
                return True
        except OSError:  # the other end is closed
            return True
        if time.monotonic() >= give_up_s:
            return False
        time.sleep(NAP_S)


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    """Signal the process and all that it has started, which are in its process group."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.terminate()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, getattr(signal, name))
