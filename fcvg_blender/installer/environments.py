# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments of the engine: begun, finished, put into use, removed. Standard library only.

In the user's data folder, each `engines/<name>/` is one environment, with its stamp `engine.json` and with `.lease`,
the file that running engines hold. The pointer, `engine.json` beside `engines/`, names the one in use: to change
engines is to replace that file. What begins with a dot in `engines/` is unfinished or half removed. See
`engine.installed_engines` for the reading side.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..engine import errors, file_lock, find_python, places, whole_files
from ..engine.installed_engines import LEASE, POINTER, STAMP, EngineStamp, current, engines, pointed, stamp_of

_BUILDING = ".building-"
_REMOVING = ".removing-"
_PATIENCE_S = 10.0  # Windows refuses to rename while a virus scanner looks at the files: that takes seconds


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
    """Make a folder to build an environment in, and return it. The next sweep removes it."""
    folder = engines() / f"{_BUILDING}{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    return folder


def finish(building: Path, stamp: EngineStamp) -> EngineStamp:
    """Put the stamp into the environment `building`, give it its name, and make it the engine in use. Raises
    OSError."""
    (building / LEASE).touch()
    write_json(building / STAMP, asdict(stamp))
    whole_files.replace(building, stamp.folder, _PATIENCE_S)
    write_json(places.user_data() / POINTER, {"engine": stamp.name})
    return stamp


def forget() -> None:
    """Remove the pointer: no engine of the installer's is used any more. Raises OSError."""
    (places.user_data() / POINTER).unlink(missing_ok=True)


def sweep() -> bool:
    """Remove the engines that are neither in use nor running, and what killed installations left. Return whether all of
    it is gone.

    The caller holds the installer's lock. Folders without a stamp of the installer's stay.
    """
    kept = pointed()
    for folder in list(engines().glob("*")):
        if folder.name.startswith((_BUILDING, _REMOVING)):
            shutil.rmtree(folder, ignore_errors=True)
        elif folder != kept and stamp_of(folder) is not None:
            _remove(folder)
    return all(folder == kept or stamp_of(folder) is None for folder in engines().glob("[!.]*"))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Put `content` as JSON under the name `path`, on the disk. If that fails, what was there before stays. Raises
    OSError."""
    whole_files.write(path, json.dumps(content, indent=1).encode(), patience_s=_PATIENCE_S)


def _remove(folder: Path) -> None:
    """Remove an environment that nobody runs. It gets another name first: half of one must never be found under its
    own."""
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
