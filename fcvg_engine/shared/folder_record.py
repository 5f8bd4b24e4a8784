# SPDX-License-Identifier: GPL-3.0-or-later
"""What we have written into a folder of drawings: a list in the folder itself. Standard library only.

The list is `.fcvg-files`, in the form that `sha256sum` reads: a line for each content that was ever put under a name,
written before the file is. A file that it names, with this very content, is ours and may be replaced or deleted; one
that somebody has painted over is not, nor is one that only has a name that we use. `own_files` asks the record.

Engine and add-on write to the same folder, so both add lines to the same list. Folders of version 0.2.0 and before have
none: there the manifest tells which drawings are ours.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from . import file_lock, file_records, manifest, own_files
from .file_records import Found

NAME = ".fcvg-files"
LOCK = ".fcvg.lock"  # an empty file, held by whoever makes drawings here
TEMPORARY = ".fcvg-tmp-"  # begins the names of unfinished files; see `is_unfinished`

_TOKEN_BYTES = 4
_FINISHED = (  # what unfinished files were going to be in versions whose names had no token
    r"\d{4}\.(png|exr|jpg)|key_(start|end)\.(png|exr)|(key_)?matches\.json|manifest\.json|native\.json"
    r"|(native|condition)_\d+\.png|(overview|preview|nothing)\.png"
)
_UNFINISHED = re.compile(rf"{re.escape(TEMPORARY)}(?:[0-9a-f]{{{2 * _TOKEN_BYTES}}}-(.+)|{_FINISHED})", re.DOTALL)
_FOLDERS = re.compile(r"native(-\d+)?")  # the only folders in a folder of drawings that are ours
_IN_THEM = re.compile(r"(native|condition)_\d+\.png|overview\.png|(native|matches)\.json")
_SOFT_LOCK = re.compile(rb"(\d+\n.*)?", re.DOTALL)  # what filelock writes where the disk has no locks

_HEAD = b"# Files that FCVG has written here. By this list they are told from yours.\n"
_WRITTEN = re.compile(r"([0-9a-f]{64})  (.+)")
_LIMIT_BYTES = 1 << 24
_REPLACING = f"{TEMPORARY}{'0' * 2 * _TOKEN_BYTES}-list"  # held by who replaces a list
_WAIT_S = 0.01
_TRIES = 100  # of others that may add to a list in the same moment


class _Lists:
    """The record of these lists, which are known by their first line. An empty one is what a full disk leaves."""

    def knows(self, found: Found) -> bool:
        return found.is_plain and (found.status.st_size == 0 or found.beginning(len(_HEAD)) == _HEAD)

    def note(self, path: Path, sha256: str) -> None:
        pass


_LISTS = _Lists()


class FolderRecord:
    """The record (see `own_files`) of the folder `path`. `also`: further contents that are ours, names with SHA-256."""

    def __init__(self, path: Path, also: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.path = path
        self._known: set[tuple[str, str]] = set(also)
        self._ends_well = True
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

    def has_written(self, name: str, sha256: str) -> bool:
        """Return whether we have ever put this content under that name."""
        self._read()
        return (name, sha256) in self._known

    def note(self, path: Path, sha256: str) -> None:
        """Write down that a file of this folder gets this content. Raises OSError."""
        self._read()
        if (path.name, sha256) not in self._known:
            self._add(f"{sha256}  {path.name}")
            self._known.add((path.name, sha256))

    def write(self, name: str, content: bytes) -> str:
        """Put `content` under `name` into the folder and return its SHA-256. Raises NotOurs, OSError."""
        return own_files.write(self.path / name, content, self, unfinished_name(name))

    def copy(self, source: Path, name: str) -> str:
        """Put a copy of the file `source` under `name` into the folder. Raises NotOurs, OSError."""
        return own_files.copy(source, self.path / name, self, unfinished_name(name))

    def carry(self, source: Path, name: str) -> None:
        """As `copy`, from another folder of drawings. What is not ours there, because somebody has painted over it, is
        not ours here either. Raises NotOurs, OSError."""
        is_ours = FolderRecord(source.parent).knows(Found(source))
        own_files.copy(source, self.path / name, self if is_ours else file_records.Written(), unfinished_name(name))

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
            own_files.delete(self.path / NAME, _LISTS)
            self._read_bytes = -1

    def _add(self, line: str) -> None:
        """Add a line to the list, to which another program may add at the same moment. Raises NotOurs, OSError."""
        file, text = self.path / NAME, f"{line}\n".encode()
        for _ in range(_TRIES):
            with suppress(own_files.NotOurs):  # it came, or was added to, just now
                if not os.path.lexists(file):
                    own_files.write(file, _HEAD + text, _LISTS, unfinished_name(NAME))
                    return
                found = Found(file)
                if not _LISTS.knows(found):
                    if found.is_unchanged():
                        break
                    continue
                if not self._ends_well:  # the other program was killed just then
                    text = b"\n" + text.lstrip()
                if found.status.st_nlink == 1:
                    if self._append(text):
                        return
                elif self._replace(text):
                    return
        raise own_files.NotOurs(file)

    def _append(self, text: bytes) -> bool:
        """Add to the list; return whether that has its name still, and was not replaced meanwhile."""
        with own_files.open_to_append(self.path / NAME) as file:
            began_bytes = file.seek(0, os.SEEK_END)
            rest = memoryview(text if began_bytes else _HEAD + text)
            try:
                while rest:  # a disk that is filling up takes some of it first
                    rest = rest[file.write(rest) :]
            except OSError:
                own_files.shorten(self.path / NAME, began_bytes)  # half a line would spoil the next one
                raise
            if began_bytes == max(0, self._read_bytes):  # nobody else has added anything meanwhile
                self._read_bytes = file.tell()
            return os.path.samestat(os.fstat(file.fileno()), (self.path / NAME).lstat())

    def _replace(self, text: bytes) -> bool:
        """Put a list with `text` in the place of one that a copy of the folder shares and that is to stay as it is;
        return whether it was such still. Others have to wait, or their lines would be lost. Raises NotOurs, OSError."""
        file = self.path / NAME
        with file_lock.held_and_removed(self.path / _REPLACING, lambda: time.sleep(_WAIT_S)):
            found = Found(file)
            if found.status.st_nlink == 1:
                return False
            listed = found.content(_LIMIT_BYTES)
            only_that = file_records.Written(hashlib.sha256(listed).hexdigest())
            own_files.write(file, listed + text, only_that, unfinished_name(NAME))
            return True

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
            content = _whole(file)
            self._ends_well = not content or content.endswith(b"\n")
            lines = content.decode("utf-8", "replace").splitlines()
            self._known.update((line[2], line[1]) for line in map(_WRITTEN.fullmatch, lines) if line)


def _whole(file: Path) -> bytes:
    """The content of a list, to which another program may be adding; empty where it cannot be read. Raises OSError."""
    for _ in range(_TRIES):
        found = Found(file)
        content = found.content(_LIMIT_BYTES)
        if content or found.is_unchanged():
            return content
    return b""


def unfinished_name(name: str) -> str:
    """A name for the file that is going to be `name` when it is whole; no two are alike."""
    return f"{TEMPORARY}{secrets.token_hex(_TOKEN_BYTES)}-{name}"


def is_unfinished(name: str) -> bool:
    """Whether it is the name of an unfinished file of ours: nobody gives such names to anything else."""
    return bool(_UNFINISHED.fullmatch(name))


def is_lock(path: Path) -> bool:
    """Whether what lies at `path` may be locked, because it is a lock of ours or nothing. Raises OSError."""
    if not os.path.lexists(path):
        return True
    found = Found(path)
    return found.is_plain and bool(_SOFT_LOCK.fullmatch(found.content(_LIMIT_BYTES) if found.status.st_size else b""))


def delete_unfinished(folder: Path, before_s: float = math.inf) -> None:
    """Delete the unfinished files in a folder that nobody has written to since the time `before_s`. What cannot be
    deleted stays. Raises OSError where the folder cannot be read."""
    for path in list(folder.iterdir()):
        known = _UNFINISHED.fullmatch(path.name)
        with suppress(OSError):
            if known and path.lstat().st_mtime < before_s:
                own_files.delete_unfinished(path, folder / known[1] if known[1] else None)


def deleting(folder: Path, names: re.Pattern[str] = re.compile(r".+", re.DOTALL)) -> Iterator[None]:
    """Delete what we have written into `folder` and into our folders in it, a file with each turn, then the folder
    itself where nothing else is left.

    What is not ours stays, and so do a folder that is a link and one to which a job writes. Only files with one of the
    `names` go. Raises nothing.
    """
    try:
        if folder.is_symlink() or not _is_let_go(folder / LOCK):
            return
        delete_unfinished(folder)
        entries = sorted(folder.iterdir())
    except OSError:
        return
    record = FolderRecord(folder)
    for path in entries:
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                if _FOLDERS.fullmatch(path.name):
                    yield from deleting(path, _IN_THEM)
            elif path.name != NAME and names.fullmatch(path.name):
                record.delete(path.name)
        yield
    with suppress(OSError):
        if all(path.name == NAME for path in folder.iterdir()):
            own_files.delete(folder / NAME, _LISTS)
        own_files.delete_empty_folder(folder)


def delete(folder: Path) -> None:
    """As `deleting`, at once."""
    for _ in deleting(folder):
        pass


def _is_let_go(lock: Path) -> bool:
    """Whether no job holds a folder's lock. Raises OSError."""
    if not os.path.lexists(lock) or not Found(lock).is_plain:  # what is not plain is none
        return True
    holder = file_lock.acquire(lock, shared=True)
    if holder is not None:
        os.close(holder)
    return holder is not None
