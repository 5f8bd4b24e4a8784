# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of takes that nobody wants any more, and when each may be deleted. Main thread only.

Only what this Blender has made since the file was opened is ever deleted, and only while no blend file was saved with
it: a file that refers to a folder, or a copy of that file, may be opened in another Blender. What is deleted of it is
what we have written there; see `folder_record`.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..edit import strip_takes, strips, take_folders
from ..engine import folder_record


class LaidFolders:
    """The folders of the takes that were laid into the edit since the file was opened, by the takes' ids, but for those
    that a file was saved with."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[Path, Path]] = {}  # each with the place where it really is

    def note(self, take_id: str, folder: Path) -> None:
        """Remember the folder of a take that is about to be laid into the edit."""
        self._of[take_id] = folder, _place(folder)

    def note_saved(self) -> None:
        """A blend file was saved with the takes that are in the edit: their folders are the file's from now on."""
        laid, self._of = self._of, {}  # first, so that nothing is deleted later if this fails
        saved = _in_the_edit()
        self._of = {take_id: folder for take_id, folder in laid.items() if take_id not in saved}

    def shared(self) -> set[str]:
        """The takes in the edit that a blend file was saved with."""
        return _in_the_edit() - self._of.keys()

    def is_fresh(self, take_id: str, folder: Path) -> bool:
        """Whether it is the folder that was made for the take, and nobody knows of it but this take: no blend file but
        the one in memory, and no copy of the strip. Where a link leads elsewhere by now, it is another folder."""
        return self._of.get(take_id) == (folder, _place(folder)) and not strip_takes.is_shared(take_id)

    def sweep(self, take_ids: Iterable[str] | None = None) -> None:
        """Forget the folders of these takes, or of all when the file is about to be closed.

        A folder is removed where its take is not in the edit any more and nothing was ever made of it.
        """
        asked = list(self._of if take_ids is None else take_ids)
        forgotten = {take_id: self._of.pop(take_id) for take_id in asked if take_id in self._of}
        for take_id, (folder, place) in forgotten.items():
            is_gone = next(strip_takes.holders(take_id), None) is None and not strip_takes.is_shared(take_id)
            if is_gone and place == _place(folder):
                take_folders.sweep(folder)


def _place(folder: Path) -> Path:
    """Where a folder lies, links in its path followed, but not one that lies in its place."""
    return Path(os.path.realpath(folder.parent)) / folder.name


def _in_the_edit() -> set[str]:
    """The ids of the takes whose folders strips in the edit have."""
    return {take_folders.folder_id(take) for _, strip in strips.ours() for take in strip_takes.all_of(strip.fcvg)}


class DiscardedFolders:
    """The folders of cancelled takes. What we have written there is deleted bit by bit, because disks are slow."""

    def __init__(self) -> None:
        self._held: dict[str, Path] = {}  # by the id of the job that may still write there
        self._doomed: list[Iterator[None]] = []

    @property
    def pending(self) -> bool:
        """Whether `tidy` has something to delete."""
        return bool(self._doomed)

    def add(self, folder: Path) -> None:
        """Have a folder deleted in which nobody writes."""
        self._doomed.append(folder_record.deleting(folder))

    def hold(self, job_id: str, folder: Path) -> None:
        """Have the folder of a job deleted once the engine has let go of it."""
        self._held[job_id] = folder

    def release(self, job_id: str | None) -> None:
        """The engine has sent the final report of this job; harmless where its folder is not held."""
        if job_id in self._held:
            self.add(self._held.pop(job_id))

    def tidy(self, until_s: float) -> None:
        """Delete files until `time.perf_counter()` says `until_s`."""
        while self._doomed and time.perf_counter() < until_s:
            if next(self._doomed[0], self) is self:  # that was its last file
                self._doomed.pop(0)

    def tidy_all(self) -> None:
        """Delete everything now: the engine has ended."""
        for job_id in list(self._held):
            self.release(job_id)
        self.tidy(math.inf)
