# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks on files, which the system takes back when their holder dies, however it dies. Standard library only.

The installer, running engines and downloads lock with this module. The models folder and the jobs' folders are locked
by the library filelock: which of the two has to stay as it is, since another version of the program may hold the same
file.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from . import own_files

_AT_ONCE = getattr(os, "O_NONBLOCK", 0)  # a pipe under the name of a lock holds nobody
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # network disks without locks: there nobody is kept out


def acquire(path: Path, *, shared: bool = False) -> int | None:
    """Return a descriptor that holds the file `path`, or None while others do; close it to let go.

    A `shared` hold goes with other shared ones (on Windows it is exclusive, too), and its file has to be there; for an
    exclusive hold the file is made. It stays for ever: others may wait for this very file, and would hold it beside
    whoever makes a new one. Raises OSError when it cannot be opened.
    """
    descriptor = os.open(path, _AT_ONCE | (os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT), 0o666)
    return descriptor if _locks(descriptor, shared) else None


@contextmanager
def held(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the file `path` exclusively while the block runs; the file stays.

    While another process or thread holds it, `on_wait` is called again and again: it sleeps, and may raise. Raises
    OSError.
    """
    while (descriptor := acquire(path)) is None:
        on_wait()
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held_and_removed(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the file `path` as `held` does, and remove it at the end. All who lock this file have to use this function:
    it looks whether the file it has got is still the one under that name."""
    while (descriptor := _acquire_removable(path)) is None:
        on_wait()
    try:
        yield
    finally:
        # Where open files can be removed, it goes while it is still held: after that, another may hold it already.
        if os.name == "posix":
            own_files.delete_held(path, descriptor)
        os.close(descriptor)
        if os.name != "posix":
            with suppress(OSError):  # somebody has it open
                own_files.delete_unfinished(path)


def _acquire_removable(path: Path) -> int | None:
    try:
        descriptor = os.open(path, _AT_ONCE | os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if sys.platform == "win32" and path.exists():  # being removed by its holder
            return None
        raise
    return descriptor if _locks(descriptor, still_at=path) else None


def _locks(descriptor: int, shared: bool = False, still_at: Path | None = None) -> bool:
    """Lock an open file at once and return True. If that does not work, or the file does not lie under the name
    `still_at` any more, close it and return False. Raises OSError."""
    locked = False
    try:
        locked = _lock(descriptor, shared) and (still_at is None or _is(still_at, descriptor))
    finally:
        if not locked:
            os.close(descriptor)
    return locked


def _lock(descriptor: int, shared: bool) -> bool:
    """Whether the open file could be locked at once; closing it gives the lock back. Raises OSError."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            # Not lockf: its locks end when any descriptor of the file is closed, and no child can inherit them.
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True


def _is(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one under its name: a holder that is done has removed the file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
