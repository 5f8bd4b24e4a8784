# SPDX-License-Identifier: GPL-3.0-or-later
"""What an environment consists of, file by file. Standard library only.

The listing is written into the environment when that is finished. By it our files are told from those that somebody has
put there since, or changed: name, kind, size and time have to be the same. Contents are not compared, because an
environment has gigabytes. Python's own cache, `__pycache__/*.pyc`, belongs to it as well.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ..engine import file_records, own_files
from ..engine.installed_engines import LEASE, STAMP

FILE = ".listing"
_UNFINISHED = ".listing.unfinished"  # has a name of its own, so that the next removal finds what a killed one left

_HEAD = b"# Files of this engine. What is not listed here, or was changed since, is not deleted with it.\n"
_LINE = re.compile(r'(file|link) (\d+) (-?\d+) (".+")')
_LISTINGS = file_records.Headed(_HEAD)

Facts = tuple[str, int, int]  # kind, size in bytes and time in nanoseconds


class Listing:
    """The record (see `own_files`) of the environment `folder`: each file's path in it, and how it was."""

    def __init__(self, folder: Path, files: dict[str, Facts]) -> None:
        self._folder, self._files = folder, files

    def knows(self, found: file_records.Found) -> bool:
        """Return whether the file belongs to the environment and is as it was."""
        name = found.path.relative_to(self._folder).as_posix()
        if name == LEASE:
            return found.is_plain and not found.status.st_size
        if found.path.parent.name == "__pycache__" and found.path.suffix == ".pyc":
            return found.is_plain
        return self._files.get(name) == _facts(found.status)

    def note(self, path: Path, sha256: str) -> None:
        """A listing is written once."""
        raise NotImplementedError

    def is_left(self) -> bool:
        """Return whether a file that it knows is still there."""
        return any(self.knows(file_records.Found(self._folder / name)) for name, _ in _walk(self._folder))


def write(folder: Path) -> Listing:
    """List all that is in `folder` now. Raises OSError."""
    return _write(folder, {name: _facts(status) for name, status in _walk(folder)})


def write_for_older(folder: Path) -> Listing:
    """List what is in an environment that version 0.2.0 or an earlier one has made: all that is not newer than its
    stamp, which was written last. Raises OSError."""
    finished_ns = _newest_ns((folder / STAMP).lstat())
    files = {name: _facts(status) for name, status in _walk(folder) if _newest_ns(status) <= finished_ns}
    return _write(folder, files)


def read(folder: Path) -> Listing | None:
    """Return the listing of the environment `folder`; None when there is none. Raises OSError."""
    path = folder / FILE
    if not is_there(folder):
        return None
    files = {}
    for line in path.read_text("ascii", "replace").splitlines():
        if found := _LINE.fullmatch(line):
            files[str(json.loads(found[4]))] = (found[1], int(found[2]), int(found[3]))
    return Listing(folder, files)


def is_there(folder: Path) -> bool:
    """Return whether there is a listing in `folder`."""
    try:
        return _LISTINGS.knows(file_records.Found(folder / FILE))
    except OSError:
        return False


def delete(folder: Path) -> None:
    """Delete the listing itself. Raises OSError."""
    own_files.delete_unfinished(folder / _UNFINISHED, folder / FILE)
    own_files.delete(folder / FILE, _LISTINGS)


def _write(folder: Path, files: dict[str, Facts]) -> Listing:
    lines = [f"{kind} {size} {time} {json.dumps(name)}\n" for name, (kind, size, time) in sorted(files.items())]
    own_files.write(folder / FILE, _HEAD + "".join(lines).encode("ascii"), _LISTINGS, _UNFINISHED)
    return Listing(folder, files)


def _walk(folder: Path, inside: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and status of all files and links below `folder`, without the listing. Links are not followed."""
    with os.scandir(folder / inside) as entries:
        for entry in entries:
            name = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False) and not own_files.is_link(Path(entry.path)):
                yield from _walk(folder, f"{name}/")
            elif name not in (FILE, _UNFINISHED):
                yield name, entry.stat(follow_symlinks=False)


def _facts(status: os.stat_result) -> Facts:
    kind = "file" if stat.S_ISREG(status.st_mode) else "link" if stat.S_ISLNK(status.st_mode) else "other"
    return kind, status.st_size, status.st_mtime_ns


def _newest_ns(status: os.stat_result) -> int:
    """The last time that a file was written or got its name here: a copy of an old file is new."""
    return max(status.st_mtime_ns, status.st_ctime_ns)
