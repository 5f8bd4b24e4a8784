# SPDX-License-Identifier: GPL-3.0-or-later
"""What we have written into a folder of drawings: a list in the folder itself. Standard library only.

The list is `.fcvg-files`, in the form that `sha256sum` reads: a line for each content that was ever put under a name,
written before the file is. A file that it names, with this very content, is ours and may be replaced or deleted; one
that somebody has painted over is not, nor is one that only has a name that we use. `own_files` asks the record.

Engine and add-on write to the same folder, so both add lines to the same list. Folders of version 0.2.0 and before have
none: there the manifest tells which drawings are ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from . import file_lock, manifest, own_files
from .own_files import Found

NAME = ".fcvg-files"
LOCK = ".fcvg.lock"  # an empty file, held by whoever makes drawings here
TEMPORARY = ".fcvg-tmp-"  # begins the names of unfinished files, which only we give

_HEAD = b"# Files that FCVG has written here. By this list they are told from yours.\n"
_WRITTEN = re.compile(r"([0-9a-f]{64})  (.+)")
_LIMIT_BYTES = 1 << 24


class _Lists:
    """The record of these lists, which are known by their first line. An empty one is what a full disk leaves."""

    def knows(self, found: Found) -> bool:
        return found.is_plain and (found.status.st_size == 0 or found.beginning(len(_HEAD)) == _HEAD)

    def note(self, path: Path, sha256: str) -> None:
        pass


class FolderRecord:
    """The record (see `own_files`) of the folder `path`. `also`: further contents that are ours, names with SHA-256."""

    def __init__(self, path: Path, also: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.path = path
        self._known: set[tuple[str, str]] = set(also)
        self._read_bytes = -1  # of the list, so that lines of the other program are noticed

    def knows(self, found: Found) -> bool:
        """Return whether we have written what was found, just as it is, into this folder."""
        if not found.is_plain or found.path.parent != self.path:
            return False
        self._read()
        name = found.path.name
        if name == LOCK:
            return found.status.st_size == 0
        if name == manifest.NAME and manifest.is_untouched(found.content(_LIMIT_BYTES)):
            return True
        if all(known != name for known, _ in self._known):
            return False  # nothing need be read
        return bool(found.sha256) and (name, found.sha256) in self._known

    def note(self, path: Path, sha256: str) -> None:
        """Write down that a file of this folder gets this content. Raises OSError."""
        self._read()
        if (path.name, sha256) not in self._known:
            self._add(f"{sha256}  {path.name}")
            self._known.add((path.name, sha256))

    def write(self, name: str, content: bytes) -> str:
        """Put `content` under `name` into the folder and return its SHA-256. Raises NotOurs, OSError."""
        return own_files.write(self.path / name, content, self, TEMPORARY + name)

    def copy(self, source: Path, name: str) -> str:
        """Put a copy of the file `source` under `name` into the folder. Raises NotOurs, OSError."""
        return own_files.copy(source, self.path / name, self, TEMPORARY + name)

    def carry(self, source: Path, name: str) -> None:
        """As `copy`, from another folder of drawings. What is not ours there, because somebody has painted over it, is
        not ours here either. Raises NotOurs, OSError."""
        is_ours = FolderRecord(source.parent).knows(Found(source))
        own_files.copy(source, self.path / name, self if is_ours else own_files.Written(), TEMPORARY + name)

    def may_write(self, name: str) -> bool:
        """Return whether `write` may use that name: nothing is there, or what we wrote. Raises OSError."""
        return own_files.may_write(self.path / name, self)

    def delete(self, name: str) -> bool:
        """Delete a file of ours; return whether nothing lies under the name now. Raises OSError."""
        return own_files.delete(self.path / name, self)

    def forget(self) -> None:
        """Delete the list, unless a file that it names is there. Raises OSError."""
        self._read()
        if not any((self.path / name).exists() for name, _ in self._known):
            own_files.delete(self.path / NAME, _Lists())
            self._read_bytes = -1

    def _add(self, line: str) -> None:
        if not own_files.may_write(self.path / NAME, _Lists()):
            raise own_files.NotOurs(self.path / NAME)
        with own_files.open_to_append(self.path / NAME) as file:
            began_bytes = file.seek(0, os.SEEK_END)
            rest = memoryview((b"" if began_bytes else _HEAD) + f"{line}\n".encode())
            try:
                while rest:  # a disk that is filling up takes some of it first
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(began_bytes)  # half a line would spoil the next one
                raise
            if began_bytes == max(0, self._read_bytes):  # nobody else has added anything meanwhile
                self._read_bytes = file.tell()

    def _read(self) -> None:
        file = self.path / NAME
        try:
            size_bytes = file.lstat().st_size
        except OSError:
            size_bytes = 0
        if size_bytes == self._read_bytes:
            return
        self._read_bytes = size_bytes
        with suppress(OSError):
            self._known.update(manifest.contents(manifest.load(self.path / manifest.NAME)))
        with suppress(OSError):
            lines = Found(file).content(_LIMIT_BYTES).decode("utf-8", "replace").splitlines()
            self._known.update((line[2], line[1]) for line in map(_WRITTEN.fullmatch, lines) if line)


def deleting(folder: Path) -> Iterator[None]:
    """Delete what we have written into `folder` and into our folders in it, a file with each turn, then the folder
    itself where nothing else is left.

    What is not ours stays, and so do a folder that is a link and one to which a job writes. Raises nothing.
    """
    try:
        if folder.is_symlink():
            return
        with suppress(FileNotFoundError):
            holder = file_lock.acquire(folder / LOCK, shared=True)
            if holder is None:
                return
            os.close(holder)
        entries = sorted(folder.iterdir())
    except OSError:
        return
    record = FolderRecord(folder)
    for path in entries:
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                if (path / NAME).is_file():
                    yield from deleting(path)
            elif path.name.startswith(TEMPORARY):
                own_files.delete_unfinished(path)
            elif path.name != NAME:
                record.delete(path.name)
        yield
    with suppress(OSError):
        if all(path.name == NAME for path in folder.iterdir()):
            own_files.delete(folder / NAME, _Lists())
        own_files.delete_empty_folder(folder)


def delete(folder: Path) -> None:
    """As `deleting`, at once."""
    for _ in deleting(folder):
        pass
