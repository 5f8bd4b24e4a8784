# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's standard input and standard error."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

from ..shared import protocol

_READ_BYTES = 1 << 16


def read_lines(fd: int) -> Iterator[bytes | None]:
    """Yields whole lines from `fd`; None for a line that is longer than protocol.MAX_LINE_BYTES.

    Ends at the end of input. A line that is not complete then is dropped.
    """
    rest, too_long = b"", False
    while True:
        try:
            chunk = os.read(fd, _READ_BYTES)
        except OSError:
            return
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield None if too_long or len(line) > protocol.MAX_LINE_BYTES else line
            too_long = False
        if len(rest) > protocol.MAX_LINE_BYTES:
            rest, too_long = b"", True


def make_stderr_lossy() -> None:
    """Makes stderr drop messages when its pipe is full and nobody reads it, so that no job halts."""
    if os.name != "nt":  # impossible for pipes there; the client's reader thread has to keep up
        os.set_blocking(2, False)
        sys.stdout = sys.stderr = _LossyStderr()


class _LossyStderr(io.TextIOBase):
    def write(self, text: str, /) -> int:
        rest = memoryview(text.encode(errors="backslashreplace"))
        with contextlib.suppress(BlockingIOError):
            while rest:
                rest = rest[os.write(2, rest) :]
        return len(text)
