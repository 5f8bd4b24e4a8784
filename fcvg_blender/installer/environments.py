# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments of the engine: begun, finished, put into use, removed. Standard library only.

In the user's data folder, each `engines/<name>/` is one environment, with its stamp `engine.json`, the `listing` of its
files and `.lease`, the file that running engines hold. The pointer, `engine.json` beside `engines/`, names the one in
use: to change engines is to replace that file. `.building-…` in `engines/` is unfinished: a `scratch` folder. See
`engine.installed_engines` for the reading side.

Removing takes the stamp first, so that half an engine is never found, then what the listing names. Whatever somebody
else has put there stays where it is.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..engine import errors, file_lock, file_records, find_python, own_files, places, scratch
from ..engine.installed_engines import LEASE, POINTER, STAMP, EngineStamp, current, engines, pointed, stamp_of
from . import listing

_BUILDING = ".building-"
_PATIENCE_S = 10.0  # Windows refuses to rename while a virus scanner looks at the files: that takes seconds
_RUNS = "An engine is still running; it is removed with the next installation or removal."


def state(outdated: bool, environment: Mapping[str, str] = os.environ) -> str:
    """Return what is in use: none, current, outdated, broken or foreign (not made by the installer).

    `outdated`: whether the engine in use would be made of other packages today.
    """
    if environment.get(find_python.VARIABLE) or pointed() is None:
        try:
            find_python.find("", environment)
        except errors.MissingPart:
            return "none"
        return "foreign"
    if current() is None:
        return "broken"
    return "outdated" if outdated else "current"


def begin() -> Path:
    """Make a folder to build an environment in, and return it. The next sweep removes it. Raises OSError."""
    return scratch.make(engines() / f"{_BUILDING}{uuid.uuid4().hex[:8]}")


def finish(building: Path, stamp: EngineStamp) -> EngineStamp:
    """Put the stamp into the environment `building`, give it its name, and make it the engine in use. Raises
    OSError."""
    own_files.write(building / LEASE, b"", file_records.Written())
    own_files.write(building / STAMP, _json(asdict(stamp)), file_records.Written())
    listing.write(building)
    own_files.take_place(building, stamp.folder, file_records.Written(), _PATIENCE_S)
    pointer = places.user_data() / POINTER
    own_files.make_way(pointer, _POINTERS)
    own_files.write(pointer, _json({"engine": stamp.name}), _POINTERS, patience_s=_PATIENCE_S)
    return stamp


def forget() -> None:
    """Remove the pointer: no engine of the installer's is used any more. Raises OSError."""
    pointer = places.user_data() / POINTER
    if not own_files.delete(pointer, _POINTERS):
        own_files.put_aside(pointer)


def sweep() -> list[str]:
    """Remove the engines that are neither in use nor running, and what killed installations left. Return why any of it
    stays, in sentences.

    The caller holds the installer's lock. Folders without a stamp of the installer's stay, and so does all that is
    behind a link.
    """
    if own_files.is_link(engines()):
        return [f"{engines()} is a link, so what it leads to stays."]
    notes, kept = [], pointed()
    for folder in sorted(engines().glob("*")):
        if folder.name.startswith(_BUILDING) and not listing.is_there(folder):
            if not (scratch.delete(folder) or own_files.delete_empty_folder(folder)):
                notes.append(_not_ours(folder))
        elif folder != kept and _is_engine(folder):
            notes.append(_remove(folder))
        elif folder != kept:  # a removal that was killed in the end leaves it empty
            own_files.delete_empty_folder(folder)
    return [note for note in dict.fromkeys(notes) if note]


def _is_engine(folder: Path) -> bool:
    """Whether `folder` is an environment of ours, or what is left of one."""
    return not own_files.is_link(folder) and (stamp_of(folder) is not None or listing.is_there(folder))


def _remove(folder: Path) -> str:
    """Remove an environment that nobody runs. Return why it stays, or a part of it, a sentence; empty when it is
    gone."""
    held = None
    with suppress(OSError):
        held = file_lock.acquire(folder / LEASE)
        if held is None:
            return _RUNS
        if os.name == "nt":  # there no open file can be deleted
            os.close(held)
        try:
            return _remove_files(folder)
        finally:
            if os.name != "nt":
                os.close(held)
    return _not_ours(folder)


def _remove_files(folder: Path) -> str:
    """Do as `_remove`. Raises OSError."""
    listed = listing.read(folder) or listing.write_for_older(folder)
    python = places.interpreter(folder)
    if os.name == "nt" and python is not None:
        try:
            own_files.delete(python, listed)
        except PermissionError:  # Windows deletes no program that runs
            return _RUNS
    if own_files.delete(folder / STAMP, listed):
        own_files.delete_tree(folder, listed)
        if not listed.is_left():
            listing.delete(folder)
        own_files.delete_empty_folder(folder)
    return _not_ours(folder) if folder.exists() else ""


def _not_ours(folder: Path) -> str:
    return f"{folder} stays: it holds files that are not ours, were changed or cannot be deleted."


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()


def _is_pointer(content: bytes) -> bool:
    with suppress(ValueError, RecursionError):
        found = json.loads(content)
        return isinstance(found, dict) and found.keys() == {"engine"} and isinstance(found["engine"], str)
    return False


_POINTERS = file_records.Recognised(_is_pointer)
