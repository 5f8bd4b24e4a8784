"""The engine's standard error: a file of limited size for the artist, its end in memory for reports."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 1 << 20
TAIL_BYTES = 16 << 10
KEPT_FILES = 8  # of all Blenders that ran lately


class Log:
    """`engine-<pid>.log` in `folder`, one a Blender, with its older half beside it; thread-safe.

    A folder that cannot be written is no error: then only the tail in memory is kept.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.path = folder / f"engine-{os.getpid()}.log"
        self._limit_bytes = limit_bytes
        self._tail = b""
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _drop_old(folder)
            self._file = self.path.open("ab")
        except OSError:
            self._file = None

    def write(self, chunk: bytes) -> None:
        """Append; rotates the file when it is full."""
        with self._lock:
            self._tail = (self._tail + chunk)[-TAIL_BYTES:]
            if self._file is None:
                return
            try:
                self._file.write(chunk)
                self._file.flush()
                if self._file.tell() > self._limit_bytes:
                    self._file.close()
                    self.path.replace(self.path.with_suffix(".old.log"))
                    self._file = self.path.open("ab")
            except OSError:  # the disk is full: generating matters more than its log
                self._file = None

    def tail(self, lines: int = 40) -> str:
        """The newest lines written, as text."""
        with self._lock:
            text = self._tail.decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """Close the file; writing afterwards still feeds the tail."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _drop_old(folder: Path) -> None:
    logs = sorted(folder.glob("engine-*.log"), key=lambda path: path.stat().st_mtime)
    for path in logs[:-KEPT_FILES]:
        path.unlink(missing_ok=True)
