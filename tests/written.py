# SPDX-License-Identifier: GPL-3.0-or-later
"""What Python makes, changes or removes on the disk, wherever that is, and which programs it starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_EVENTS = {
    *("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.utime", "os.chmod"),
    *("os.chown", "os.setxattr", "os.posix_spawn", "os.system", "subprocess.Popen", "shutil.move", "shutil.rmtree"),
}

_heard: list[list[str]] = []  # of each `watched` that is open
_installed: list[bool] = []


@contextmanager
def watched() -> Iterator[list[str]]:
    """Note all of that while the block runs, a line each."""
    if not _installed:
        sys.addaudithook(_hear)  # never to be taken away again
        _installed.append(True)
    found: list[str] = []
    _heard.append(found)
    try:
        yield found
    finally:
        _heard.remove(found)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _heard:
        return
    if event == "open":
        path, mode, flags = arguments
        if not (isinstance(flags, int) and flags & _WRITING) and not set(str(mode or "")) & set("wax+"):
            return
        note = f"open for writing: {path}"
    elif event in _EVENTS:
        note = f"{event}: {arguments[0]}"
    else:
        return
    if "__pycache__" in note:  # Python's own, where something is imported for the first time
        return
    for found in _heard:
        found.append(note)
