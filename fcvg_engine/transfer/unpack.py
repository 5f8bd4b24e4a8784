# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one file of a wheel, which may be an archive made to do harm, or be swapped for another while it is read."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import zipfile
import zlib
from pathlib import Path

from ..shared import small_files
from ..shared.errors import DownloadFailed

_PATIENCE_S = 60.0  # with a slow disk
_LARGEST_BYTES = 1 << 29  # of a wheel that is read here; those that are installed are uv's to read


class Archive:
    """The wheel `path`, read once: what is unpacked is what was hashed, even if the file is swapped for another.
    `sha256`: what it has. Raises DownloadFailed when it is too large, OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._content = small_files.read(path, _LARGEST_BYTES, _PATIENCE_S)
        except small_files.NotSmallFile as error:
            raise _refused(path, str(error.strerror)) from error
        self.sha256 = hashlib.sha256(self._content).hexdigest()

    def member(self, name: str, limit_bytes: int) -> bytes:
        """Return the content of the file `name` (with /, as in the archive), which may have `limit_bytes` at most.

        The whole archive is refused when any name in it is absolute or leads out of its folder, when it has a link, or
        when it has `name` twice: no wheel is made like that. Raises DownloadFailed then, and when the file is not
        there, larger, damaged or encrypted.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as opened:
                entry = _find(opened.infolist(), name, self.path)
                if entry.file_size > limit_bytes:
                    raise _refused(self.path, f"{name} in it is larger than {limit_bytes} bytes")
                with opened.open(entry) as stream:
                    content = stream.read(limit_bytes + 1)  # what the archive says of its sizes need not be true
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            raise _refused(self.path, f"it is damaged ({error!s:.100})") from error
        if len(content) != entry.file_size:
            raise _refused(self.path, f"{name} in it has another size than it says")
        return content


def member(archive: Path, name: str, limit_bytes: int, sha256: str = "") -> bytes:
    """Return the content of the file `name` in `archive`, see `Archive.member`. `sha256`: what the archive has to have.
    Raises DownloadFailed, OSError."""
    opened = Archive(archive)
    if sha256 not in ("", opened.sha256):
        raise _refused(archive, "it is not the pinned one")
    return opened.member(name, limit_bytes)


def _find(entries: list[zipfile.ZipInfo], name: str, archive: Path) -> zipfile.ZipInfo:
    for each in entries:
        kind = stat.S_IFMT(each.external_attr >> 16)
        # `orig_filename`: zipfile cuts names at a NUL and turns this system's separators into slashes
        if not _stays_inside(each.orig_filename) or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(archive, f"{each.orig_filename!r:.100} in it leads out of it")
    found = [each for each in entries if each.filename == name]
    if len(found) > 1:
        raise _refused(archive, f"it has more than one {name}")
    if not found or found[0].is_dir():
        raise _refused(archive, f"it has no {name}")
    return found[0]


def _stays_inside(name: str) -> bool:
    if name.startswith("/") or "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name):
        return False
    return ".." not in name.split("/")


def _refused(archive: Path, why: str) -> DownloadFailed:
    return DownloadFailed(
        f"{archive.name} cannot be used: {why}.", "Delete it and download it again; if that does not help, report it."
    )
