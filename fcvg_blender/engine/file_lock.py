"""Locks that the system frees when their holder dies, however it dies. Standard library only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import transfer

STEP_S = 0.2


def acquire(path: Path, *, shared: bool = False) -> int | None:
    """A descriptor that holds the file `path`, or None while others do; close it to let go.

    A `shared` hold goes with other shared ones (see `transfer.lock_now`); its file has to be there, else it is made.
    The file stays for ever: removing one that others may wait for lets two in. Raises OSError when it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if transfer.lock_now(descriptor, shared):
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
    while (descriptor := acquire(path)) is None:
        on_wait()
        time.sleep(STEP_S)
    try:
        yield
    finally:
        os.close(descriptor)
