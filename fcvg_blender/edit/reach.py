# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a disk answers at all: one in the network may hold whoever asks it for ever. No bpy."""

from __future__ import annotations

from pathlib import Path

from ..engine import small_files

PATIENCE_S = 2.0


def is_folder(path: Path) -> bool:
    """Whether there is a folder. No folder has a name that the system does not take, or lies where nobody may look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether there is a file, and not a pipe or the like. No file has a name that the system does not take."""
    try:
        return path.is_file()
    except OSError:
        return False


def answers(folder: Path) -> bool:
    """Whether anything can be known of the folder, be it there or not. One that lies beside another folder whose disk
    has not answered does not either, and that is known at once."""
    try:
        small_files.require_file(folder, PATIENCE_S)
    except TimeoutError:
        return False
    except OSError:  # a folder is no file, and one that is gone is neither
        pass
    return True
