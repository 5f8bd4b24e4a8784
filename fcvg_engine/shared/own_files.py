# SPDX-License-Identifier: GPL-3.0-or-later
"""The only module that makes, replaces, renames and deletes files. Standard library only.

Its rule: a file is deleted or replaced only if a record of ours names it and its content is still what we wrote. So
nothing is lost that an artist has put, painted or linked anywhere. What stands in the way of a file that has to be
made is an error (`NotOurs`), or is put aside under another name where the artist has agreed to that.

A record is whatever can tell what we have written, see `file_records`; `folder_record` keeps one in each folder of
drawings.

Files appear whole under their names, or not at all: another one is written beside, its content is brought to the disk,
and it is given the name. Whoever reads, even after a power cut, finds the old file or the new one, never a half.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import secrets
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path

from . import small_files
from .file_records import Found, Record

PATIENCE_S = 0.5  # for a program that reads the file that is replaced

_RETRY_S = 0.05
_PIECE_BYTES = 1 << 20
_BEGINNING_BYTES = 100
_LINK_TAGS = (getattr(stat, "IO_REPARSE_TAG_SYMLINK", -1), getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1))
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class NotOurs(FileExistsError):
    """What lies at `path` is not provably ours, so it stays."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EEXIST, "this file is not ours, or was changed, and is not replaced", str(path))
        self.path = path


def may_write(path: Path, record: Record) -> bool:
    """Return whether `write` may put a file under the name `path`: nothing is there, or what we wrote. Raises
    OSError."""
    found = _find(path)
    return found is None or record.knows(found)


def write(
    path: Path, content: bytes | Iterable[bytes], record: Record, temporary: str = "", patience_s: float = PATIENCE_S
) -> str:
    """Put `content`, whole or in pieces, under the name `path`, on the disk, and return its SHA-256. If that fails,
    what was there before stays.

    `temporary` is the name of the file that is written first, in the same folder; by default it is hidden. It is gone
    afterwards, and so is one that a killed program left. `patience_s`: see `take_place`. Raises NotOurs where something
    else lies under the name, OSError.
    """
    there = _find(path)
    if there is not None and not record.knows(there):
        raise NotOurs(path)
    partial = path.with_name(temporary or f".{_beginning(path.name)}.{secrets.token_hex(4)}")
    if temporary and not delete_unfinished(partial):
        raise NotOurs(partial)
    digest = hashlib.sha256()
    with partial.open("xb", buffering=0) as file:
        try:
            for piece in (content,) if isinstance(content, bytes) else content:
                digest.update(piece)
                rest = memoryview(piece)
                while rest:  # a disk that is filling up takes some of it first
                    rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
            file.close()  # Windows renames no open file
            record.note(path, digest.hexdigest())
            _give_name(partial, path, there, patience_s)
        finally:
            file.close()
            with suppress(OSError):
                partial.unlink(missing_ok=True)
    return digest.hexdigest()


def copy(source: Path, path: Path, record: Record, temporary: str = "") -> str:
    """Put a copy of the file `source` under the name `path`, as `write` does. Raises NotOurs, OSError."""
    with small_files.open_file(source) as file:
        return write(path, iter(lambda: file.read(_PIECE_BYTES), b""), record, temporary)


def take_place(source: Path, target: Path, record: Record, patience_s: float = PATIENCE_S, sha256: str = "") -> None:
    """Give the file or folder `source`, which is ours, the name `target`, so that it keeps it after a power cut.
    `sha256`: the file's, for `record` to note before.

    Windows refuses while another program has one of them open (a reader, a virus scanner). There it is tried again for
    `patience_s`. Raises NotOurs where something lies there that `record` does not know, OSError.
    """
    there = _find(target)
    if there is not None and not record.knows(there):
        raise NotOurs(target)
    if sha256:
        record.note(target, sha256)
    _give_name(source, target, there, patience_s)


def put_aside(path: Path) -> Path:
    """Give a file or link of the artist's another name beside it, which is free: `yours-0003.png`. Return that. Raises
    OSError."""
    for number in itertools.count(1):
        aside = path.with_name(f"yours-{path.stem}{f'-{number}' if number > 1 else ''}{path.suffix}")
        with suppress(NotOurs):
            _give_name(path, aside, None, PATIENCE_S)
            return aside
    raise AssertionError  # the count has no end


def make_way(path: Path, record: Record) -> None:
    """Put aside what lies at `path`, unless `record` knows it, so that `write` and `take_place` can use the name.
    Raises OSError."""
    if not may_write(path, record):
        put_aside(path)


def delete(path: Path, record: Record) -> bool:
    """Delete a file that `record` knows; return whether nothing lies under the name now. Raises OSError."""
    found = _find(path)
    if found is None:
        return True
    if not record.knows(found) or not found.is_unchanged():
        return False
    path.unlink(missing_ok=True)
    return True


def delete_unfinished(path: Path, finished: Path | None = None) -> bool:
    """Delete an unfinished file, which has one of the names that we give to none but these; return whether nothing lies
    there now. A link or a folder stays, and so does a file that has another name too, unless that is `finished`: what
    gives it that name was killed then. Raises OSError."""
    found = _find(path)
    if found is None:
        return True
    twin = _find(finished) if finished is not None else None
    names = 2 if twin is not None and os.path.samestat(twin.status, found.status) else 1
    if not found.is_plain or found.status.st_nlink > names:
        return False
    path.unlink(missing_ok=True)
    return True


def delete_held(path: Path, descriptor: int) -> None:
    """Delete the lock `path`, which is empty and open as `descriptor`; anything else under that name stays. Raises
    OSError."""
    found = _find(path)
    if found is None or not found.is_plain or found.status.st_size:
        return
    if os.path.samestat(found.status, os.fstat(descriptor)):
        path.unlink(missing_ok=True)


def delete_empty_folder(path: Path) -> bool:
    """Delete a folder that is empty; return whether that was done. A link to one stays."""
    with suppress(OSError):
        if not is_link(path):
            path.rmdir()
            return True
    return False


def delete_tree(folder: Path, record: Record) -> bool:
    """Delete what `record` knows below `folder`, links among it, and then the folders that are empty; return whether
    all is gone. Links are not followed. Raises nothing: what cannot be deleted stays."""
    try:
        entries = list(os.scandir(folder)) if not is_link(folder) else []
    except OSError:
        return not os.path.lexists(folder)
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False) and not is_link(path):
            delete_tree(path, record)
        else:
            with suppress(OSError):
                delete(path, record)
    return delete_empty_folder(folder)


def open_to_append(path: Path) -> FileIO:
    """Open a log or a partial file of ours to append to it, and make it where it is missing. Raises NotOurs where a
    link or anything else lies there, OSError."""
    found = _find(path)
    if found is not None and not found.is_plain:
        raise NotOurs(path)
    return os.fdopen(os.open(path, _APPEND, 0o666), "ab", buffering=0)


def shorten(path: Path, kept_bytes: int) -> None:
    """Let a log of ours begin anew after its first `kept_bytes`. Raises NotOurs, OSError."""
    with open_to_append(path) as file:
        file.truncate(kept_bytes)


def flush(path: Path) -> None:
    """Bring the content of the file `path` to the disk. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def is_link(path: Path) -> bool:
    """Return whether `path` is a link: a symbolic one, or a junction of Windows."""
    with suppress(OSError):
        status = path.lstat()
        return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in _LINK_TAGS
    return False


def link_on_the_way(folder: Path, path: Path) -> Path | None:
    """Return the first link among the folders that lead from `folder` to `path`, both left out; None without one."""
    way = reversed(path.relative_to(folder).parents[:-1])
    return next((folder / each for each in way if is_link(folder / each)), None)


def _beginning(name: str) -> str:
    """So much of a name that others can be made of it: what counts are bytes."""
    return os.fsencode(name)[:_BEGINNING_BYTES].decode("utf-8", "ignore")


def _find(path: Path) -> Found | None:
    try:
        return Found(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _give_name(source: Path, target: Path, there: Found | None, patience_s: float) -> None:
    """Rename `source` to `target`, in the place of what was found there, and of nothing else. Raises NotOurs,
    OSError."""
    give_up_s = time.monotonic() + patience_s
    while True:
        try:
            if there is None:
                _give_free_name(source, target)
            elif there.is_unchanged():
                source.replace(target)
            else:
                raise NotOurs(target)
            break
        except PermissionError:
            if os.name != "nt" or time.monotonic() >= give_up_s:
                raise
            time.sleep(_RETRY_S)
    if os.name != "nt":  # Windows can flush no folder
        _flush_folder(target.parent)


def _give_free_name(source: Path, target: Path) -> None:
    """Rename, but never onto another file that has come meanwhile."""
    if os.name != "nt" and not source.is_dir():
        try:
            os.link(source, target, follow_symlinks=False)
        except FileExistsError:
            raise NotOurs(target) from None
        except OSError:  # a disk without hard links
            pass
        else:
            source.unlink()
            return
    if os.path.lexists(target):  # Windows would refuse by itself
        raise NotOurs(target)
    source.rename(target)


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # some network disks cannot; and a folder may be writable, but not readable
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
