"""Taking turns: of two processes that want the same files, the second waits and finds them made. No torch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

from .writing import cannot_write

_POLL_S = 0.1


@contextlib.contextmanager
def held(file: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock `file`, in a folder that is made where it is missing, while the block runs. A process that is
    killed gives it back.

    While others have it `waiting` is called, which may raise Cancelled. Raises DiskError.
    """
    lock = filelock.FileLock(file)
    while not _acquire(lock, file.parent):
        waiting()
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: filelock.BaseFileLock, folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_POLL_S)
    except filelock.Timeout:
        return False
    except OSError as error:
        raise cannot_write(folder, error) from error
    return True
