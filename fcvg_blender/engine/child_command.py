# SPDX-License-Identifier: GPL-3.0-or-later
"""A command: a child process that does one thing, says how far it is and ends with one final message. No bpy.

The installer, the model commands and the doctor are commands. No threads, nothing blocks; see `child_process`.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path

from . import errors, own_files, protocol
from .child_process import LADDER_STEP_S, NAP_S, Ladder, Pipe, start
from .log import LIMIT_BYTES, LOGS, end_of, open_log, private_folder

CANCEL_PATIENCE_S = 20.0  # for a cancelled command to tidy up before it is terminated

FINAL = (*protocol.FINAL, *protocol.RESULTS)


class Command:
    """A running command. Its owner calls `poll` from time to time until that has returned the final message."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        """Start `arguments`; what the process writes on its standard error is appended to the file `log`. Raises
        nothing: for a command that cannot be started the final message is Failed."""
        self.log = log
        self._begin_bytes = 0
        self._events: deque[protocol.Message] = deque()
        self._final: protocol.Message | None = None
        self._problem = ""
        self._cancelled = False
        self._process: subprocess.Popen[bytes] | None = None
        try:
            with self._open_log() as file:
                self._process = start(arguments, environment, file)
        except (OSError, ValueError) as error:
            self._events.append(_failed(f"It could not be started: {error}", ""))
        else:
            self._pipe = Pipe(self._process)
            self._ladder = Ladder(self._process, self._pipe)

    @property
    def pid(self) -> int | None:
        """Its process id; None once it is gone."""
        return self._process.pid if self._process else None

    def send(self, line: bytes) -> None:
        """Send one line, for what must not stand among the arguments, such as a token."""
        if self._process is not None:
            self._pipe.write(line)

    def poll(self, timeout_s: float = 0.0) -> protocol.Message | None:
        """Return the oldest message not yet handed out; wait up to `timeout_s` for one.

        The final message is the last one; the process is gone by then.
        """
        if not self._events and self._process is not None:
            self._listen(timeout_s)
        return self._events.popleft() if self._events else None

    def cancel(self) -> None:
        """Ask it to stop, by the end of its input. After a while it is ended."""
        if self._process is not None:
            self._cancelled = True
            self._ladder.begin(CANCEL_PATIENCE_S)

    def close(self, timeout_s: float = 0.0) -> bool:
        """End it and forget what it says. Return whether it is gone within `timeout_s`."""
        self.cancel()
        give_up_s = time.monotonic() + timeout_s
        while self._process is not None:
            self._ladder.begin(LADDER_STEP_S)
            self._listen(0.0)
            if time.monotonic() >= give_up_s:
                break
            time.sleep(NAP_S)
        self._events.clear()
        return self._process is None

    def _listen(self, timeout_s: float) -> None:
        process = self._process
        if process is None:
            return
        self._pipe.write(b"")
        try:
            for line in self._pipe.read_lines(timeout_s):
                self._handle(protocol.decode(line, protocol.FROM_COMMANDS))
        except errors.ProtocolError as error:
            self._problem = self._problem or error.message
        if self._final is not None or self._problem or self._pipe.at_end:
            self._ladder.begin(LADDER_STEP_S)
        self._ladder.climb()
        if process.poll() is not None and (self._pipe.at_end or self._pipe.is_empty()):
            self._pipe.close()
            self._process = None
            self._events.append(self._final or self._explain(process.returncode))

    def _handle(self, message: protocol.Message) -> None:
        if self._final is not None:
            return
        if isinstance(message, FINAL):
            self._final = message
        else:
            self._events.append(message)

    def _explain(self, returncode: int) -> protocol.Message:
        """Return the final message for a command that has gone without one."""
        if self._cancelled:
            return protocol.CancelledReport(None)
        detail = end_of(self.log, self._begin_bytes).decode("utf-8", "replace")
        if self._problem:
            return _failed(f"It said something that the add-on does not understand: {self._problem}", detail)
        if returncode == -9:
            return _failed("The system killed it, most likely because memory ran out.", detail)
        last = detail.strip().rpartition("\n")[2]
        return _failed(f"It stopped unexpectedly (code {returncode}): {last:.200}".removesuffix(": "), detail)

    def _open_log(self) -> FileIO:
        """Open the log, or another one in a temporary folder if it cannot be written. Raises OSError."""
        with suppress(OSError):  # it is missing, or another Blender uses it
            size_bytes = self.log.lstat().st_size
            if size_bytes:
                own_files.make_way(self.log, LOGS)
            if size_bytes > LIMIT_BYTES:
                old = self.log.with_suffix(".old.log")
                own_files.make_way(old, LOGS)
                own_files.take_place(self.log, old, LOGS)
        try:
            file = open_log(self.log)
        except OSError:
            self.log = private_folder() / self.log.name
            file = open_log(self.log)
        self._begin_bytes = file.seek(0, os.SEEK_END)
        return file


def _failed(message: str, detail: str) -> protocol.Failed:
    return protocol.Failed(None, "command", message, "Try again. If it stays so, copy the report and send it.", detail)
