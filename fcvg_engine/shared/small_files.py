# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads small regular files, and nothing else. Standard library only.

A name that somebody else has chosen may be that of a pipe, which blocks whoever opens it, of a device, which never
ends, or of a file that fills the memory; and a disk on the network may not answer at all. Whoever reads a small file
reads it here, gets it or an OSError, and gets either in time.
"""

from __future__ import annotations

import errno
import functools
import io
import json
import math
import operator
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

PATIENCE_S = 5.0

_T = TypeVar("_T")

_CHUNK_BYTES = 1 << 20
# Nonblocking: a pipe may have taken the file's place since it was looked at. Not every system has all of these.
_FLAGS = os.O_RDONLY | functools.reduce(
    operator.or_,
    (getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT")),
)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_DEEPEST = 100  # how deep JSON may be nested
_LARGEST_INTEGER = 2**64
_LONGEST_INTEGER = 21  # characters

_unanswered: dict[Path, threading.Thread] = {}  # folder → who still waits for its disk


class NotSmallFile(OSError):
    """What lies there is no regular file, or too large a one; `strerror` says what it is ("it is a folder")."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EINVAL, what, str(path))


def read(path: Path, limit_bytes: int, patience_s: float = PATIENCE_S) -> bytes:
    """Return the content of the regular file `path`, of at most `limit_bytes`.

    Raises NotSmallFile for anything else that lies there and for a name that no file can have; TimeoutError when the
    disk has not answered within `patience_s`; FileNotFoundError and other OSErrors as opening and reading do.
    """
    return _in_time(path, lambda: _read(path, limit_bytes), patience_s)


def read_text(path: Path, limit_bytes: int, patience_s: float = PATIENCE_S) -> str:
    """As `read`, for UTF-8 text. Raises ValueError too, when it is none."""
    return read(path, limit_bytes, patience_s).decode("utf-8")


def read_json(path: Path, limit_bytes: int, patience_s: float = PATIENCE_S) -> Any:
    """As `read`, for JSON; see `parse_json`. Raises ValueError too."""
    return parse_json(read(path, limit_bytes, patience_s))


def parse_json(content: bytes | str, *, in_place: float | None = None) -> Any:
    """Return what the JSON says. Raises ValueError, and nothing else, for all that is no JSON, also for NaN and
    infinity under any name (such as 1e999), whole numbers of more than 64 bits, and what is nested too deep to be
    written again. With `in_place`, that stands where such a number was, so that the caller can say where.

    Texts may hold lone surrogates: file names that are no UTF-8 are written so.
    """

    def usable(read: Callable[[str], float]) -> Callable[[str], float]:
        def number(text: str) -> float:
            try:
                return read(text)
            except ValueError:
                if in_place is None:
                    raise
                return in_place

        return number

    try:
        found = json.loads(
            content, parse_constant=usable(_refuse), parse_float=usable(_number), parse_int=usable(_integer)
        )
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    _check_depth(found)
    return found


def read_beginning(path: Path, most_bytes: int, patience_s: float = PATIENCE_S) -> bytes:
    """Return the first `most_bytes` of the regular file `path`, of any size; fewer where it has fewer. Raises as
    `read`."""
    return _in_time(path, lambda: _read(path, most_bytes, is_whole=False), patience_s)


def open_file(path: Path, patience_s: float = PATIENCE_S) -> io.FileIO:
    """Open the regular file `path`, of any size, to read it, and return it; each read asks the disk for what it needs.
    Raises as `read`."""
    return _in_time(path, lambda: io.FileIO(_opened(path)), patience_s)


def require_file(path: Path, patience_s: float = PATIENCE_S) -> os.stat_result:
    """Return the status of the regular file `path`, of any size, so that a library may open it. Raises as `read`."""
    return _in_time(path, lambda: _looked_at(path), patience_s)


def _read(path: Path, limit_bytes: int, is_whole: bool = True) -> bytes:
    """Read a file of at most `limit_bytes`, or, without `is_whole`, so much of a larger one."""
    descriptor = _opened(path)
    try:
        if is_whole and os.fstat(descriptor).st_size > limit_bytes:
            _refuse_size(path, limit_bytes)
        most_bytes = limit_bytes + is_whole
        content = bytearray()
        while chunk := os.read(descriptor, min(_CHUNK_BYTES, most_bytes - len(content))):
            content += chunk
        if len(content) > limit_bytes:  # it grows, or is one of the system's, which have no size
            _refuse_size(path, limit_bytes)
        return bytes(content)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    _looked_at(path)  # first, since opening alone can do something to a device
    descriptor = os.open(path, _FLAGS)
    try:
        _check_kind(path, os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _looked_at(path: Path) -> os.stat_result:
    try:
        status = path.stat()
    except ValueError:  # a NUL, or a lone surrogate
        raise NotSmallFile(path, "no file can have this name") from None
    _check_kind(path, status)
    return status


def _check_kind(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        what = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), "no file")
        raise NotSmallFile(path, f"it is {what}")


def _refuse_size(path: Path, limit_bytes: int) -> NoReturn:
    limit = f"{limit_bytes >> 20} MB" if limit_bytes >= 1 << 20 else f"{max(1, limit_bytes >> 10)} kB"
    raise NotSmallFile(path, f"it is larger than {limit}")


def _in_time(path: Path, work: Callable[[], _T], patience_s: float) -> _T:
    """Return or raise what `work` does, in a thread of its own: a dead disk can hold whoever asks it for ever.

    Inside Blender nothing else runs meanwhile, since the caller waits for the thread; so there it is safe.
    """
    folder = path.parent
    results: list[_T] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            problems.append(error)

    thread = _unanswered.pop(folder, None)
    if thread is None or not thread.is_alive():
        thread = threading.Thread(target=run, daemon=True, name="small file")
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads
            run()
        else:
            thread.join(patience_s)
    if problems:
        raise problems[0]
    if results:
        return results[0]
    _unanswered[folder] = thread  # one that waits is enough: who asks again is told at once
    raise TimeoutError(errno.ETIMEDOUT, "the disk does not answer", str(path))


def _check_depth(found: Any) -> None:
    level = [found]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise ValueError("it is nested too deep")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.20} is too large a number")
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER or abs(value := int(text)) >= _LARGEST_INTEGER:
        raise ValueError(f"{text:.20} is too large a number")
    return value
