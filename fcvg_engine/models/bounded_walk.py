# SPDX-License-Identifier: GPL-3.0-or-later
"""A search through folders that ends some time, however many there are. No torch."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Folders of the hub's cache and of programs, that hold no models under names of their own.
_SKIPPED = {"blobs", ".locks", ".no_exist", ".git", "__pycache__", "node_modules", "site-packages"}


@dataclass(frozen=True)
class Limit:
    """How many folders are searched at most, and for how long: a disk on a network may have no end."""

    folders: int = 20_000
    time_s: float = 60.0


class Walk:
    """Goes through folders, shallow ones first, visits none twice and ends within `limit`. `cut_short`: the limit was
    reached."""

    def __init__(self, limit: Limit) -> None:
        self.cut_short = False
        self._limit = limit
        self._give_up = time.monotonic() + limit.time_s
        self._seen: set[tuple[int, int]] = set()

    def folders(self, root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
        """Yield each folder, with the names of the files and of the folders in it."""
        level = [root]
        while level:
            below: list[Path] = []
            for folder in level:
                if not self._is_new(folder):
                    continue
                if len(self._seen) > self._limit.folders or self.is_over():
                    self.cut_short = True
                    return
                names, inner = self._listing(folder)
                yield folder, names, inner
                below += [folder / name for name in inner if name not in _SKIPPED]
            level = below

    def is_over(self) -> bool:
        """Whether the time is up."""
        self.cut_short |= time.monotonic() > self._give_up
        return self.cut_short

    def _is_new(self, folder: Path) -> bool:
        """Whether the folder was not visited yet. Links may lead in circles, so its inode counts, not its name."""
        try:
            status = folder.stat()
        except OSError:
            return False
        known = (status.st_dev, status.st_ino)
        if known in self._seen:
            return False
        self._seen.add(known)
        return True

    def _listing(self, folder: Path) -> tuple[list[str], list[str]]:
        names: list[str] = []
        inner: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    (inner if _is_folder(entry) else names).append(entry.name)
                    if self.is_over():
                        break
        except OSError:  # not ours to read
            pass
        return sorted(names), sorted(inner)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
