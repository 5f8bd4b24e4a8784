"""One at a time: of two processes that want the same models, the second waits and finds them made. No torch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

from .writing import disk_errors

_POLL_S = 0.1


@contextlib.contextmanager
def held(file: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock `file` while the block runs, in a folder that is made where it is missing. A process that is killed
    gives it back.

    While others hold it, `on_wait` is called again and again, and may raise Cancelled. Raises DiskError. The lock is
    filelock's and not `shared.file_lock`'s, because earlier versions lock the same files with it.
    """
    lock = filelock.FileLock(file)
    while not _acquire(lock, file.parent):
        on_wait()
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: filelock.BaseFileLock, folder: Path) -> bool:
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=_POLL_S)
        except filelock.Timeout:
            return False
    return True
