"""One process at a time: a lock that the system frees when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # network disks without them: there nobody is kept out


@contextlib.contextmanager
def held(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """The lock file `path`, held while the block runs and removed after it. While another process, or another thread,
    has it, `on_wait` is called again and again; it sleeps, and may raise. Raises OSError."""
    while (descriptor := _take(path)) is None:
        on_wait()
    try:
        yield
    finally:
        # Where open files can be removed, it goes while it is still held: after that, another may hold it already.
        if os.name == "posix":
            path.unlink(missing_ok=True)
        os.close(descriptor)
        if os.name != "posix":
            with contextlib.suppress(OSError):  # somebody has it open
                path.unlink(missing_ok=True)


def _take(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if sys.platform == "win32" and path.exists():  # being removed by its holder
            return None
        raise
    try:
        if lock_now(descriptor) and _is(path, descriptor):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is(path: Path, descriptor: int) -> bool:
    """Whether the file is still under its name: a holder who is done has removed it, and the lock with it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def lock_now(descriptor: int, shared: bool = False) -> bool:
    """Whether the open file could be locked at once; closing it gives the lock back. A `shared` lock (Windows has none:
    there it is exclusive) goes with other shared ones. Raises OSError."""
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
