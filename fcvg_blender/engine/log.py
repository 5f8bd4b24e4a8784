# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs: files that take the standard error of the engine and of commands. Their size is limited; their ends go into
reports.

They are known by their first line. What has another one is not ours, whatever it is called, and stays as it is.
"""

from __future__ import annotations

import functools
import os
import re
import tempfile
from contextlib import suppress
from io import FileIO
from pathlib import Path

from . import file_records, own_files

LIMIT_BYTES = 1 << 20  # of a log; a full one begins anew
TAIL_BYTES = 16 << 10  # of a log's end, for reports
KEPT_FILES = 8  # of all Blenders that ran lately
HEAD = b"# A log of FCVG Inbetween. It is replaced and deleted without asking.\n"
LOGS = file_records.Headed(HEAD)

_NAME = re.compile(r"engine-\d+(\.old)?\.log")


class Log:
    """`engine-<pid>.log`, with Blender's process id, in `folder`, or in a temporary folder of its own if it cannot be
    written there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begin_bytes = 0
        self._trimmed = False

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        return self._folder / f"engine-{os.getpid()}.log"

    @property
    def old_path(self) -> Path:
        """The file that keeps the end of what was written before the log was full."""
        return self.path.with_suffix(".old.log")

    def open(self) -> FileIO:
        """Open the file for a new engine to append to. `tail` begins here. Raises OSError."""
        try:
            file = open_log(self.path)
        except OSError:
            self._folder = private_folder()
            file = open_log(self.path)
        self.trim()
        _drop_old(self._folder)
        self._begin_bytes, self._trimmed = file.seek(0, os.SEEK_END), False
        return file

    def trim(self) -> None:
        """Begin the file anew when it is full. Only on POSIX, where a process that appends follows it to its new
        end."""
        with suppress(OSError):
            found = file_records.Found(self.path)
            if os.name == "posix" and found.status.st_size > LIMIT_BYTES and LOGS.knows(found):
                with suppress(own_files.NotOurs):
                    own_files.write(self.old_path, HEAD + end_of(self.path, 0)[len(HEAD) :], LOGS)
                    self._trimmed = True
                own_files.shorten(self.path, len(HEAD))
                self._begin_bytes = len(HEAD)

    def tail(self, lines: int = 40) -> str:
        """Return the last lines that the newest engine has written."""
        end = end_of(self.path, self._begin_bytes)
        if self._trimmed:
            end = end_of(self.old_path, len(HEAD)) + end
        return "\n".join(end.decode("utf-8", "replace").splitlines()[-lines:])


def open_log(path: Path) -> FileIO:
    """Open the log `path` to append to it; it is begun where it is missing or empty, and its folder made. Raises
    NotOurs where something else lies there, a link for example, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not own_files.may_write(path, LOGS) and path.lstat().st_size:
        raise own_files.NotOurs(path)
    file = own_files.open_to_append(path)
    if not file.seek(0, os.SEEK_END):
        file.write(HEAD)
    return file


def private_folder() -> Path:
    """Return a temporary folder that nobody else can write to, the same in each call. Raises OSError."""
    folder = _made_once()
    if not folder.is_dir():  # something tidies up
        _made_once.cache_clear()
        folder = _made_once()
    return folder


def end_of(path: Path, begin_bytes: int) -> bytes:
    """Return the end of the file `path`, at most `TAIL_BYTES`, nothing before `begin_bytes`; empty if it cannot be
    read."""
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(begin_bytes, size_bytes - TAIL_BYTES))
            return file.read()
    except OSError:
        return b""


@functools.cache
def _made_once() -> Path:
    return Path(tempfile.mkdtemp(prefix="fcvg-logs-"))


def _drop_old(folder: Path) -> None:
    """Delete logs of engines but the newest."""
    with suppress(OSError):
        logs = [file_records.Found(path) for path in folder.iterdir() if _NAME.fullmatch(path.name)]
        ours = sorted((each for each in logs if LOGS.knows(each)), key=lambda each: each.status.st_mtime)
        for each in ours[:-KEPT_FILES]:
            own_files.delete(each.path, LOGS)
