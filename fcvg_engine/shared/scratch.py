# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders for one piece of work, which go with all that is in them, even after a kill. Standard library only.

A mark tells such a folder from others of that name. Nobody but the user may look into it or put anything there.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from . import own_files
from .file_records import Found, Headed

MARK = ".fcvg-scratch"

_HEAD = b"# FCVG works in this folder, and deletes it with all that is in it.\n"
_MARKS = Headed(_HEAD)


def make(folder: Path) -> Path:
    """Make the folder `folder`, which must not be there yet, with our mark, and return it. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    own_files.write(folder / MARK, _HEAD, _MARKS)
    return folder


def is_ours(folder: Path) -> bool:
    """Return whether `folder` is such a folder. A link is none."""
    with suppress(OSError):
        return not own_files.is_link(folder) and _MARKS.knows(Found(folder / MARK))
    return False


def delete(folder: Path) -> bool:
    """Delete such a folder with all that is in it; return whether it is gone. Links in it go, and what they lead to
    stays. Raises nothing: what cannot be deleted stays, with the mark."""
    if not is_ours(folder):
        return False
    own_files.delete_tree(folder, _AllBut(folder / MARK))
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [MARK]:
            own_files.delete(folder / MARK, _MARKS)
    return own_files.delete_empty_folder(folder)


class _AllBut:
    """The record of what lies in a marked folder: all of it but the mark, which goes last."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def knows(self, found: Found) -> bool:
        return found.path != self._mark

    def note(self, path: Path, sha256: str) -> None:
        raise NotImplementedError
