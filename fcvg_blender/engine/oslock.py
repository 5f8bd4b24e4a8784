"""Locks that the system frees when their holder dies, however it dies. Standard library only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

STEP_S = 0.2


def take(path: Path, *, shared: bool = False) -> int | None:
    """A descriptor that holds the file `path`, or None while others do; close it to let go.

    A `shared` hold (Windows has none: there it is exclusive) goes with other shared ones, and the file has to be there;
    else it is made. Raises OSError when it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if _lock(descriptor, shared):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


@contextmanager
def held(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """The file `path`, held exclusively while the block runs. `on_wait` is called a few times a second while another
    process has it, and may raise Cancelled."""
    while (descriptor := take(path)) is None:
        on_wait()
        time.sleep(STEP_S)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, shared: bool) -> bool:
    """Whether it could be had at once. The file itself stays for ever: removing a lock file lets two in."""
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
    return True
