# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one file of a wheel, which may be an archive made to do harm."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from pathlib import Path

from ..shared.errors import DownloadFailed


def member(archive: Path, name: str, limit_bytes: int) -> bytes:
    """Return the content of the file `name` (with /, as in the archive), which may have `limit_bytes` at most.

    The whole archive is refused when any name in it is absolute or leads out of its folder, when it has a link, or when
    it has `name` twice: no wheel is made like that. Raises DownloadFailed then, and when the file is not there, larger,
    damaged or encrypted. Raises OSError when the archive cannot be opened.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entry = _find(opened.infolist(), name, archive)
            if entry.file_size > limit_bytes:
                raise _refused(archive, f"{name} in it is larger than {limit_bytes} bytes")
            with opened.open(entry) as stream:
                content = stream.read(limit_bytes + 1)  # what the archive says of its sizes need not be true
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise _refused(archive, f"it is damaged ({error!s:.100})") from error
    if len(content) != entry.file_size:
        raise _refused(archive, f"{name} in it has another size than it says")
    return content


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
