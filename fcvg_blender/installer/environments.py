"""Environments that the installer makes for the engine, and which of them is used. Standard library only.

In the user's data folder: `engines/<name>/` holds one environment each, with its stamp `engine.json` and `.lease`, the
file that running engines hold. The pointer, `engine.json` beside `engines/`, names the one in use: replacing that file
is all there is to a change of engines. What begins with a dot in `engines/` is unfinished or half removed.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..engine import errors, file_lock, find_python, places
from ..engine.installed_engines import LEASE, POINTER, STAMP, EngineStamp, current, engines, pointed, stamp_of

_BUILDING = ".building-"
_REMOVING = ".removing-"
_RENAME_TRIES = 50  # Windows refuses while a virus scanner looks at the files: that takes seconds
_RENAME_WAIT_S = 0.2


def state(outdated: bool, environment: Mapping[str, str] = os.environ) -> str:
    """none, current, outdated, broken or foreign (an engine is used that the installer has not made). `outdated`: the
    one in use would be made of other packages today."""
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
    """A new folder to build an environment in. It goes with the next sweep."""
    folder = engines() / f"{_BUILDING}{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    return folder


def finish(building: Path, stamp: EngineStamp) -> EngineStamp:
    """Stamps what lies in `building`, gives it its name, and from then on it is the engine. Raises OSError."""
    (building / LEASE).touch()
    write_whole(building / STAMP, asdict(stamp))
    _rename(building, stamp.folder)
    write_whole(places.user_data() / POINTER, {"engine": stamp.name})
    return stamp


def forget() -> None:
    """Takes the pointer away: no engine of the installer's is used any more. Raises OSError."""
    (places.user_data() / POINTER).unlink(missing_ok=True)


def sweep() -> bool:
    """Removes engines that are neither in use nor run, and what killed installations left; whether all of it went.

    Only who holds the installer's lock may do this. What has no stamp of ours stays.
    """
    kept = pointed()
    for folder in list(engines().glob("*")):
        if folder.name.startswith((_BUILDING, _REMOVING)):
            shutil.rmtree(folder, ignore_errors=True)
        elif folder != kept and stamp_of(folder) is not None:
            _remove(folder)
    return all(folder == kept or stamp_of(folder) is None for folder in engines().glob("[!.]*"))


def write_whole(path: Path, content: dict[str, Any]) -> None:
    """`content` as JSON under the name `path`, on the disk: the whole of it, or what was there before. Raises
    OSError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        _rename(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    """An environment goes under another name first: half of one must never be found under its own."""
    with suppress(OSError):
        held = file_lock.acquire(folder / LEASE)
        if held is None:
            return
        if os.name == "nt":  # there an open file keeps its folder from being renamed
            os.close(held)
        doomed = folder.with_name(f"{_REMOVING}{folder.name}")
        try:
            folder.rename(doomed)
        finally:
            if os.name != "nt":
                os.close(held)
        shutil.rmtree(doomed, ignore_errors=True)


def _rename(source: Path, target: Path) -> None:
    """Renames, durably."""
    for attempt in range(_RENAME_TRIES):
        try:
            source.replace(target)
            break
        except PermissionError:
            if os.name != "nt" or attempt == _RENAME_TRIES - 1:
                raise
            time.sleep(_RENAME_WAIT_S)
    if os.name != "nt":
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
