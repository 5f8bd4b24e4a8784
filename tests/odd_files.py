# SPDX-License-Identifier: GPL-3.0-or-later
"""What may lie under a name where a small file belongs, and would hold or fill whoever opens it. POSIX only."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

GIANT_BYTES = 100 << 30


def _bind_socket(path: Path) -> None:
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as bound:  # the names of sockets are short
        os.chdir(path.parent)
        try:
            bound.bind(path.name)
        finally:
            os.chdir(here)


def _make_giant(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(GIANT_BYTES)  # holes: it takes no room on the disk


# What it is, in the engine's words → makes it.
ODD_FILES: dict[str, Callable[[Path], object]] = {
    "it is a folder": Path.mkdir,
    "it is a pipe": lambda path: os.mkfifo(path),
    "it is a device": lambda path: path.symlink_to("/dev/zero"),
    "it is a socket": _bind_socket,
    "it is larger than": _make_giant,
}


def put(what: str, path: Path) -> Path:
    """Put one of `ODD_FILES` in the place of whatever lies at `path`, whose folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    ODD_FILES[what](path)
    return path
