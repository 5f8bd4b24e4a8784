# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a folder for one job at a time, and leaves nothing of a job that has made nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from ..shared import folder_record, manifest, own_files
from ..shared.errors import Cancelled, DiskError, FolderBusy
from ..shared.folder_record import LOCK, FolderRecord
from .atomic import disk_errors, in_the_way


@contextmanager
def locked(path: Path) -> Iterator[Path]:
    """Keep other jobs out of the folder `path`, which is made where it is missing, while the block runs.

    Where the block fails, not by being cancelled, and no drawing was made, nothing is left in the folder that was not
    there before, nor is the folder. Raises FolderBusy while another job has it, BadRequest where a file of somebody
    else's has the lock's name, DiskError when it cannot be made. The lock is filelock's and not `shared.file_lock`'s,
    because earlier versions lock their folders with it.
    """
    made = [each for each in (path, *path.parents) if not os.path.lexists(each)]
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        before = {each.name for each in path.iterdir()}
        if not folder_record.is_lock(path / LOCK):  # filelock might empty it
            raise in_the_way(path / LOCK)
        lock = filelock.FileLock(path / LOCK)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if not os.path.lexists(path / LOCK):  # filelock takes it for one that comes and goes
                raise DiskError(
                    f"No file can be made in {path}.", "Check that the folder and its disk are still there."
                ) from None
            raise FolderBusy(
                f"Another job is writing to {path}.", "Wait until it is done, or choose another output folder."
            ) from None
    try:
        yield path
    except Cancelled:
        raise
    except BaseException:
        with suppress(OSError):
            _leave_nothing(path, before)
        raise
    finally:
        lock.release()
        for folder in made:
            own_files.delete_empty_folder(folder)


def _leave_nothing(path: Path, before: set[str]) -> None:
    """Delete what a job has begun in the folder before it failed, unless it has made anything."""
    record = FolderRecord(path)
    # Drawings are looked for, not read of: the manifest lacks the last one where the disk was full for it.
    has_drawings = any(map(manifest.FRAME_NAME.fullmatch, {each.name for each in path.iterdir()} - before))
    if manifest.NAME not in before and not has_drawings:
        record.delete(manifest.NAME)
    if folder_record.NAME not in before:
        record.forget()
    made = {each.name for each in path.iterdir()} - before
    if made <= {LOCK} and os.name != "nt":  # there it is open, and goes when it is let go
        record.delete(LOCK)
