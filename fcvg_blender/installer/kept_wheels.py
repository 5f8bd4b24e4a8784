# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels that are kept for repair and update, and how they go. Standard library only.

The list in their folder (see `folder_record`) names what was downloaded. Version 0.2.0 kept none: there it is the
sha256 in the locks that tells. Whatever else lies in the folder stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ..engine import errors, file_records, folder_record, own_files, transfer
from . import pylock

_PARTS = (".part", ".part.json")  # end the names of a wheel while it comes, and of what says so
_LOCK = ".part.lock"
_EMPTY = file_records.Written(hashlib.sha256(b"").hexdigest())


def delete(folder: Path, on_file: Callable[[str], None]) -> tuple[int, list[str]]:
    """Delete the wheels in `folder`, and parts of them, then the folder if nothing else is in it. Return how many bytes
    are free now, and why something stays, in sentences. `on_file` gets the name of each; it may raise Cancelled. Raises
    OSError."""
    if own_files.is_link(folder):
        return 0, [f"{folder} is a link, so what it leads to stays."]
    if not folder.is_dir():
        return 0, []
    record = folder_record.FolderRecord(folder, _pins())
    freed_bytes = sum(_delete(record, path, on_file) for path in sorted(folder.iterdir()))
    folder_record.delete(folder)
    left = [path.name for path in folder.iterdir() if path.name != folder_record.NAME] if folder.exists() else []
    if not left:
        return freed_bytes, []
    return freed_bytes, [f"{', '.join(left[:5])} in {folder} stay: they are not ours, or were changed."]


def delete_superseded(folder: Path, wanted: Sequence[transfer.Wheel]) -> None:
    """Delete other versions of the packages `wanted`: each update would leave gigabytes behind. Raises OSError."""
    files = tuple(each.file for each in wanted)
    packages = {file.partition("-")[0] for file in files}
    record = folder_record.FolderRecord(folder)
    for path in sorted(folder.iterdir()):
        if path.name.partition("-")[0] in packages and not path.name.startswith(files):
            _delete(record, path, lambda name: None)


def _delete(record: folder_record.FolderRecord, path: Path, on_file: Callable[[str], None]) -> int:
    """Delete a wheel, or a part of one, and return how many bytes it had; 0 where it stays."""
    if path.name == folder_record.NAME or own_files.is_link(path) or not path.is_file():  # gone with its part, maybe
        return 0
    size_bytes = path.stat().st_size
    on_file(path.name)
    if part := next((each for each in _PARTS if path.name.endswith(each)), ""):
        transfer.PartialFile(path.with_name(path.name.removesuffix(part))).discard()
    elif path.name.endswith(_LOCK):
        own_files.delete(path, _EMPTY)
    else:
        record.delete(path.name)
    return 0 if path.exists() else size_bytes


def _pins() -> frozenset[tuple[str, str]]:
    """Return name and sha256 of all wheels that the add-on's locks name."""
    found: set[tuple[str, str]] = set()
    for path in pylock.FOLDER.glob("pylock.*.toml"):
        found.update((each.file, each.sha256) for each in pylock.read(path).wheels)
    with suppress(errors.MissingPart):
        tools = pylock.tools(pylock.platform())
        found.update((each.file, each.sha256) for each in (tools.uv, tools.weights))
    return frozenset(found)
