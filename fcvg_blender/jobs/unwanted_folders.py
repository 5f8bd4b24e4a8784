# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of takes that nobody wants any more, and when each may be deleted. Main thread only."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from pathlib import Path

from ..edit import strip_takes, take_folders


class LaidFolders:
    """The folders of the takes that were laid into the edit since the file was opened, by the takes' ids."""

    def __init__(self) -> None:
        self._of: dict[str, Path] = {}

    def note(self, take_id: str, folder: Path) -> None:
        """Remember the folder of a take that is about to be laid into the edit."""
        self._of[take_id] = folder

    def sweep(self, take_ids: Iterable[str] | None = None) -> None:
        """Forget the folders of these takes, or of all when the file is about to be closed.

        A folder is removed where its take is not in the edit any more and nothing was ever made of it.
        """
        for take_id in list(self._of) if take_ids is None else take_ids:
            folder = self._of.pop(take_id, None)
            if folder is not None and next(strip_takes.holders(take_id), None) is None:
                take_folders.sweep(folder)


class DiscardedFolders:
    """The folders of cancelled takes. They are deleted with all that is in them, bit by bit, because disks are slow."""

    def __init__(self) -> None:
        self._held: dict[str, Path] = {}  # by the id of the job that may still write there
        self._doomed: list[Path] = []

    @property
    def pending(self) -> bool:
        """Whether `tidy` has something to delete."""
        return bool(self._doomed)

    def add(self, folder: Path) -> None:
        """Have a folder deleted in which nobody writes."""
        self._doomed.append(folder)

    def hold(self, job_id: str, folder: Path) -> None:
        """Have the folder of a job deleted once the engine has let go of it."""
        self._held[job_id] = folder

    def release(self, job_id: str | None) -> None:
        """The engine has sent the final report of this job; harmless where its folder is not held."""
        if job_id in self._held:
            self._doomed.append(self._held.pop(job_id))

    def tidy(self, until_s: float) -> None:
        """Delete files until `time.perf_counter()` says `until_s`."""
        while self._doomed and time.perf_counter() < until_s:
            if _delete_some(self._doomed[0], until_s):
                self._doomed.pop(0)

    def tidy_all(self) -> None:
        """Delete everything now: the engine has ended."""
        self._doomed += self._held.values()
        self._held.clear()
        self.tidy(math.inf)


def _delete_some(folder: Path, until_s: float) -> bool:
    """Delete files of a take's folder, then the folder; return whether that is over. Links to folders are not
    followed."""
    try:
        for path in list(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                if not _delete_some(path, until_s):
                    return False
            else:
                path.unlink()
            if time.perf_counter() > until_s:
                return False
        folder.rmdir()
    except OSError:  # gone already, not ours, or held open by another program
        return True
    return True
