# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies under a name, and the records that tell our files from others. Standard library only.

`own_files` asks a record before it deletes or replaces a file, and has it note what is written.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

_PIECE_BYTES = 1 << 20
_LOOK = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Found:
    """What lies under a name; a record looks at as much of it as it needs. Raises FileNotFoundError, OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.status = path.lstat()

    @property
    def is_plain(self) -> bool:
        """Whether it is a file: no folder, no link, no device."""
        return stat.S_ISREG(self.status.st_mode)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of a plain file, in hexadecimal; empty for anything else, and where it cannot be read."""
        return self.digest(lambda read_bytes: None)

    def digest(self, on_bytes: Callable[[int], None]) -> str:
        """As `sha256`, for large files: `on_bytes` gets how much has been read so far, and may raise."""
        digest, read_bytes = hashlib.sha256(), 0
        for piece in self._pieces():
            digest.update(piece)
            read_bytes += len(piece)
            on_bytes(read_bytes)
        return digest.hexdigest() if self._was_read else ""

    def content(self, limit_bytes: int) -> bytes:
        """Return the content of a plain file; empty where it is longer or cannot be read."""
        return b"".join(self._pieces()) if self.status.st_size <= limit_bytes else b""

    def beginning(self, size_bytes: int) -> bytes:
        """Return how a plain file begins; empty where it cannot be read."""
        return next(self._pieces(size_bytes), b"")

    def is_unchanged(self) -> bool:
        """Return whether the same file lies there still, not written to since."""
        try:
            return _identity(self.path.lstat()) == _identity(self.status)
        except OSError:
            return False

    def _pieces(self, size_bytes: int = _PIECE_BYTES) -> Iterator[bytes]:
        self._was_read = False
        if not self.is_plain:
            return
        with suppress(OSError):
            descriptor = os.open(self.path, _LOOK)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                if _identity(os.fstat(descriptor)) == _identity(self.status):
                    while piece := file.read(size_bytes):
                        yield piece
                    self._was_read = _identity(os.fstat(descriptor)) == _identity(self.status)


class Record(Protocol):
    """What tells our files from others."""

    def knows(self, found: Found) -> bool:
        """Return whether we have written what lies there, just as it is."""
        ...

    def note(self, path: Path, sha256: str) -> None:
        """Remember that a file with this content is about to get this name. Raises OSError."""
        ...


class Recognised:
    """The record of files that are known by their content, such as tables and stamps: `is_ours` gets it."""

    def __init__(self, is_ours: Callable[[bytes], bool], limit_bytes: int = 1 << 24) -> None:
        self._is_ours, self._limit_bytes = is_ours, limit_bytes

    def knows(self, found: Found) -> bool:
        """Return whether the content is of our kind."""
        return found.is_plain and self._is_ours(found.content(self._limit_bytes))

    def note(self, path: Path, sha256: str) -> None:
        """The content tells it."""


class Headed:
    """The record of files that are known by the line that they begin with, `head`, such as logs."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def knows(self, found: Found) -> bool:
        """Return whether the file begins so."""
        return found.is_plain and found.beginning(len(self._head)) == self._head

    def note(self, path: Path, sha256: str) -> None:
        """The head tells it."""


class Written:
    """The record of what this process has written, by its SHA-256. `known`: what is known to be ours from before."""

    def __init__(self, *known: str) -> None:
        self._known = set(known)

    def knows(self, found: Found) -> bool:
        """Return whether such a content was written."""
        return found.is_plain and found.sha256 in self._known

    def note(self, path: Path, sha256: str) -> None:
        """Remember a content."""
        self._known.add(sha256)


class AnyOf:
    """The record of what any of these records knows; the first are asked first."""

    def __init__(self, *records: Record) -> None:
        self._records = records

    def knows(self, found: Found) -> bool:
        """Return whether one of them knows it."""
        return any(record.knows(found) for record in self._records)

    def note(self, path: Path, sha256: str) -> None:
        """Have all of them note it."""
        for record in self._records:
            record.note(path, sha256)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
