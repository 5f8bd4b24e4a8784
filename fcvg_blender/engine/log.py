# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that takes the engine's standard error. Its size is limited; its end goes into reports."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 1 << 20  # of a log; a full one begins anew
TAIL_BYTES = 16 << 10  # of a log's end, for reports
KEPT_FILES = 8  # of all Blenders that ran lately


class Log:
    """`engine-<pid>.log`, with Blender's process id, in `folder`, or in the temporary folder if that cannot be
    written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begin_bytes = 0
        self._trimmed = False

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        return self._folder / f"engine-{os.getpid()}.log"

    @property
    def old_path(self) -> Path:
        """The file that keeps the end of what was written before the log was full."""
        return self.path.with_suffix(".old.log")

    def open(self) -> BinaryIO:
        """Open the file for a new engine to append to. `tail` begins here. Raises OSError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self.path.open("ab")
        except OSError:
            self._folder = Path(tempfile.gettempdir())
            file = self.path.open("ab")
        self.trim()
        _drop_old(self._folder)
        self._begin_bytes, self._trimmed = file.seek(0, os.SEEK_END), False
        return file

    def trim(self) -> None:
        """Begin the file anew when it is full. Only on POSIX, where a process that appends follows it to its new
        end."""
        with suppress(OSError):
            if os.name == "posix" and self.path.stat().st_size > LIMIT_BYTES:
                self.old_path.write_bytes(end_of(self.path, 0))
                os.truncate(self.path, 0)
                self._begin_bytes, self._trimmed = 0, True

    def tail(self, lines: int = 40) -> str:
        """Return the last lines that the newest engine has written."""
        end = end_of(self.path, self._begin_bytes)
        if self._trimmed:
            end = end_of(self.old_path, 0) + end
        return "\n".join(end.decode("utf-8", "replace").splitlines()[-lines:])


def end_of(path: Path, begin_bytes: int) -> bytes:
    """Return the end of the file `path`, at most `TAIL_BYTES`, nothing before `begin_bytes`; empty if it cannot be
    read."""
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(begin_bytes, size_bytes - TAIL_BYTES))
            return file.read()
    except OSError:
        return b""


def _drop_old(folder: Path) -> None:
    with suppress(OSError):
        logs = sorted(folder.glob("engine-*.log"), key=lambda path: path.stat().st_mtime)
        for path in logs[:-KEPT_FILES]:
            path.unlink(missing_ok=True)
