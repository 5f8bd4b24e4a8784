"""Environments that the installer makes for the engine, and which of them is used. Standard library only.

In the user's data folder: `engines/<name>/` holds one environment each, with its stamp `engine.json` and `.lease`, the
file that running engines hold. The pointer, `engine.json` beside `engines/`, names the one in use: replacing that file
is all there is to a change of engines. What begins with a dot in `engines/` is unfinished or half removed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import errors, locate, oslock

STAMP = "engine.json"
POINTER = "engine.json"
ENGINES = "engines"
LEASE = ".lease"

_BUILDING = ".building-"
_REMOVING = ".removing-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,60}")
_RENAME_TRIES = 50  # Windows refuses while a virus scanner looks at the files: that takes seconds
_RENAME_WAIT_S = 0.2


@dataclass(frozen=True)
class EngineStamp:
    """What an environment was made of. `name` is its folder's; `packages` name → version; `made` an ISO date and time;
    `size_bytes` what it takes on the disk."""

    name: str
    lock_sha256: str
    accelerator: str
    python: str
    packages: dict[str, str]
    made: str
    base_python: str
    size_bytes: int

    @property
    def folder(self) -> Path:
        """Where the environment lies."""
        return engines() / self.name

    def sentence(self) -> str:
        """What it is, for an artist."""
        torch = f", torch {self.packages['torch']}" if "torch" in self.packages else ""
        return f"Engine for {self.accelerator}{torch}, Python {self.python}, installed {self.made[:10]}"


def engines() -> Path:
    """The folder of all environments."""
    return locate.user_data() / ENGINES


def pointed(data: Path | None = None) -> Path | None:
    """The environment that the pointer in `data` (the user's) names, whether it is there or not; None without one."""
    data = data or locate.user_data()
    try:
        content = json.loads((data / POINTER).read_bytes())
    except OSError:
        return None
    except (ValueError, RecursionError):
        content = None
    name = content.get("engine") if isinstance(content, dict) else None
    return data / ENGINES / (name if isinstance(name, str) and _NAME.fullmatch(name) else "unreadable")


def stamp_of(folder: Path) -> EngineStamp | None:
    """The stamp in `folder`, None where there is none that could be understood."""
    try:
        content = json.loads((folder / STAMP).read_bytes())
        stamp = EngineStamp(**{**content, "name": folder.name})
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return stamp if isinstance(stamp.packages, dict) else None


def current() -> EngineStamp | None:
    """The engine in use, when it was made by the installer and is whole."""
    folder = pointed()
    return stamp_of(folder) if folder and not fault(folder) else None


def fault(folder: Path) -> str:
    """What keeps the environment `folder` from running, a sentence; empty when nothing does. Quick: it looks, and runs
    nothing."""
    stamp, python = stamp_of(folder), locate.interpreter(folder)
    if not folder.is_dir() or stamp is None:
        return "The installed engine is not there any more."
    if python is None or not _home(folder).is_dir():
        return f"The Python that the engine was made with is gone ({stamp.base_python})."
    if len(list(site_packages(folder).glob("*.dist-info"))) < len(stamp.packages):
        return "Parts of the installed engine are missing."
    return ""


def state(outdated: bool, environment: Mapping[str, str] = os.environ) -> str:
    """none, current, outdated, broken or foreign (an engine is used that the installer has not made). `outdated`: the
    one in use would be made of other packages today."""
    if environment.get(locate.VARIABLE) or pointed() is None:
        try:
            locate.find("", environment)
        except errors.MissingPart:
            return "none"
        return "foreign"
    if current() is None:
        return "broken"
    return "outdated" if outdated else "current"


def site_packages(folder: Path) -> Path:
    """Where the environment `folder` has its packages."""
    return next(folder.glob("lib/python3*/site-packages"), folder / "Lib" / "site-packages")


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
    write_whole(locate.user_data() / POINTER, {"engine": stamp.name})
    return stamp


def forget() -> None:
    """Takes the pointer away: no engine of the installer's is used any more. Raises OSError."""
    (locate.user_data() / POINTER).unlink(missing_ok=True)


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


def lease(python: Path) -> int | None:
    """A descriptor to be handed to a process that `python` runs: as long as it is open there, nobody removes the
    environment. None where there is nothing to hold: another's environment, Windows (which removes no file in use)."""
    if os.name == "nt":
        return None
    with suppress(OSError):
        return oslock.take(python.parents[1] / LEASE, shared=True)
    return None


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
        held = oslock.take(folder / LEASE)
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


def _home(folder: Path) -> Path:
    """The folder of the Python that an environment was made with, as it has noted it down."""
    try:
        lines = (folder / "pyvenv.cfg").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return folder / "nothing"
    entries = dict(line.split("=", 1) for line in lines if "=" in line)
    return Path(next((value.strip() for key, value in entries.items() if key.strip() == "home"), "/nothing"))
