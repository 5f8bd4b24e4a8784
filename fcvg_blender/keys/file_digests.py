# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of files as SHA-256, read once and a piece at a time, so that Blender does not stand still."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine import small_files

LIMIT_BYTES = 1 << 30  # of a file that is read

_PIECE_BYTES = 1 << 20  # of a file, read at a time
_NONE = (-1, -1)  # for what is no file


class OutOfTime(Exception):
    """A file could not be read to its end in time; the next call goes on where this one has stopped."""


@dataclass
class _File:
    """A file as it was when it was last read: all of it, or up to `read_bytes`."""

    stat: tuple[int, int]
    digest: Any
    read_bytes: int = 0
    content: str = ""  # its SHA-256, '' until all is read


_files: dict[Path, _File] = {}


def stat_of(path: Path | None) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds, (-1, -1) where there is no file, or where its disk does
    not answer."""
    try:
        found = small_files.require_file(path) if path else None  # a pipe would hold Blender, a device would never end
    except OSError:
        found = None
    if found is None:
        return _NONE
    return found.st_size, found.st_mtime_ns


def sha256_of(path: Path, until_s: float) -> str:
    """The SHA-256 of a file in hexadecimal, '' where it cannot be read. For one that is too large to be a picture, its
    size and the time of its last change.

    It is read only when it is new or has changed, and only until `time.perf_counter()` says `until_s`: raises OutOfTime
    then.
    """
    stat = stat_of(path)
    if stat == _NONE:
        return ""
    if stat[0] > LIMIT_BYTES:
        return f"{stat}"
    file = _files.get(path)
    if file is None or file.stat != stat:
        file = _files[path] = _File(stat, hashlib.sha256())
    if file.content:
        return file.content
    try:
        with path.open("rb") as stream:
            stream.seek(file.read_bytes)
            while piece := stream.read(_PIECE_BYTES):
                file.digest.update(piece)
                file.read_bytes += len(piece)
                if time.perf_counter() > until_s:
                    raise OutOfTime
    except OSError:
        return ""
    file.content = file.digest.hexdigest()
    return file.content
