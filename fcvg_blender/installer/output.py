# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command of the installer prints: protocol messages, one JSON line each, or sentences for a person."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import suppress
from typing import TextIO

from ..engine import errors, protocol, transfer

JOB = "job"  # the id in all messages: there is only one

_STEP_S = 0.25
_PLAIN_STEP_S = 5.0  # where no line can be written over


class Teller:
    """Says how far the work is and, exactly once, how it ended."""

    def __init__(self, output: TextIO, problems: TextIO, as_json: bool) -> None:
        """`problems` takes what went wrong, in words, unless `as_json`."""
        self._output, self._problems, self._as_json = output, problems, as_json
        self._overwrites = not as_json and output.isatty()
        self._step_s = _STEP_S if as_json or self._overwrites else _PLAIN_STEP_S
        self._next_s = 0.0
        self._ended = False
        self._lock = threading.Lock()  # a cut-off comes from another thread

    def progress(self, message: protocol.Progress, always: bool = False) -> None:
        """Print `message`, unless another was printed a moment ago and it is not to be printed `always`. Raises
        Cancelled when nobody listens any more."""
        now_s = time.monotonic()
        if now_s < self._next_s and not always:
            return
        self._next_s = now_s + self._step_s
        with self._lock:
            if not self._ended:
                try:
                    self._show(message)
                except OSError:
                    raise errors.Cancelled from None

    def end(self, message: protocol.Message) -> None:
        """Print the final message. Later messages are dropped."""
        with self._lock, suppress(OSError):
            if self._ended:
                return
            self._ended = True
            message = transfer.cleaned_all(message)
            if self._as_json:
                self._write(protocol.encode(message).decode("ascii"))
                return
            if self._overwrites:
                self._write("\r\x1b[K")
            if isinstance(message, protocol.Failed):
                hint = f"\nhint: {message.hint}" if message.hint else ""
                self._problems.write(f"error: {message.message}{hint}\n")
            else:
                self._write(in_words(message))

    def _show(self, message: protocol.Progress) -> None:
        message = transfer.cleaned_all(message)
        if self._as_json:
            self._write(protocol.encode(message).decode("ascii"))
            return
        line = progress_in_words(message)
        if self._overwrites:
            columns = shutil.get_terminal_size().columns
            self._write(f"\r\x1b[K{line[: columns - 1]}")
        else:
            self._write(f"{line}\n")

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


def progress_in_words(message: protocol.Progress) -> str:
    """Return one line, such as `42 % Downloading torch, 80.5 of 191.8 MB, 9.1 MB/s, 12 s left`."""
    parts = [f"{100 * message.fraction:3.0f} % {message.stage}"]
    if message.total_bytes:
        parts.append(f"{message.done_bytes / 1e6:.1f} of {message.total_bytes / 1e6:.1f} MB")
        parts.append(f"{message.bytes_per_s / 1e6:.1f} MB/s")
    if message.eta_s is not None:
        parts.append(f"{message.eta_s:.0f} s left")
    return ", ".join(parts)


def in_words(message: protocol.Message) -> str:
    """Return the final message as lines for a person, each with its newline."""
    if isinstance(message, protocol.InstallPlan):
        lines = [
            f"Installed:    {message.engine or 'nothing'} ({message.state})",
            f"Computer:     {message.detected}",
            f"Accelerator:  {message.accelerator} (to be had: {', '.join(message.accelerators) or 'none'})",
            f"Packages:     {message.packages}, {size_in_words(message.download_bytes)} to download",
            f"Disk:         {size_in_words(message.needed_bytes)} needed, {size_in_words(message.free_bytes)} free",
            f"Folder:       {message.folder}",
            *(f"Problem:      {each}" for each in message.problems),
        ]
    elif isinstance(message, protocol.Installed):
        lines = [message.engine or "No engine is installed.", *message.notes]
    else:
        lines = ["Cancelled."]
    return "".join(f"{line}\n" for line in lines)


def size_in_words(size_bytes: int) -> str:
    """Return a size such as `0 MB`, `312 MB` or `4.2 GB`."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
