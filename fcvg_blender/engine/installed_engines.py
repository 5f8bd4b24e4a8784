# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads which engines the installer has made, and which of them is in use. Standard library only.

See `installer.environments` for the folders, and for the side that writes.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import file_lock, places, small_files

STAMP = "engine.json"
POINTER = "engine.json"
ENGINES = "engines"
LEASE = ".lease"
LIMIT_BYTES = 1 << 20  # of the files that say what is there
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,60}")


@dataclass(frozen=True)
class EngineStamp:
    """What an environment was made of. `name`: of its folder. `packages`: name → version. `made`: ISO date and time.
    `size_bytes`: what it takes on the disk."""

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
        """Return what it is, for an artist."""
        torch = f", torch {self.packages['torch']}" if "torch" in self.packages else ""
        return f"Engine for {self.accelerator}{torch}, Python {self.python}, installed {self.made[:10]}"


def engines() -> Path:
    """Return the folder of all environments."""
    return places.user_data() / ENGINES


def pointed(data: Path | None = None) -> Path | None:
    """Return the environment that the pointer in the folder `data` (by default the user's) names, there or not; None
    without a pointer."""
    data = data or places.user_data()
    try:
        content = small_files.read_json(data / POINTER, LIMIT_BYTES)
    except (small_files.NotSmallFile, TimeoutError, ValueError):
        content = None
    except OSError:
        return None
    name = content.get("engine") if isinstance(content, dict) else None
    return data / ENGINES / (name if isinstance(name, str) and _NAME.fullmatch(name) else "unreadable")


def stamp_of(folder: Path) -> EngineStamp | None:
    """Return the stamp of the environment `folder`; None when it has none that can be understood."""
    try:
        content = small_files.read_json(folder / STAMP, LIMIT_BYTES)
        stamp = EngineStamp(**{**content, "name": folder.name})
    except (OSError, ValueError, TypeError):
        return None
    packages = stamp.packages
    texts = (stamp.lock_sha256, stamp.accelerator, stamp.python, stamp.made, stamp.base_python)
    is_whole = isinstance(packages, dict) and all(isinstance(each, str) for each in (*texts, *packages.values()))
    return stamp if is_whole else None


def current() -> EngineStamp | None:
    """Return the stamp of the engine in use if the installer has made it and it is whole; else None."""
    folder = pointed()
    return stamp_of(folder) if folder and not fault(folder) else None


def fault(folder: Path) -> str:
    """Return what keeps the environment `folder` from running, a sentence; empty when nothing does. Quick, as it runs
    nothing."""
    stamp, python = stamp_of(folder), places.interpreter(folder)
    if not folder.is_dir() or stamp is None:
        return "The installed engine is not there any more."
    if python is None or not _home(folder).is_dir():
        return f"The Python that the engine was made with is gone ({stamp.base_python})."
    if len(list(site_packages(folder).glob("*.dist-info"))) < len(stamp.packages):
        return "Parts of the installed engine are missing."
    return ""


def site_packages(folder: Path) -> Path:
    """Return the folder of the packages in the environment `folder`."""
    return next(folder.glob("lib/python3*/site-packages"), folder / "Lib" / "site-packages")


def lease(python: Path) -> int | None:
    """Return a descriptor for a process that `python` is to run: while it is open there, nobody removes the
    environment.

    None when there is nothing to hold: in an environment that the installer has not made, and on Windows, which removes
    no file in use.
    """
    if os.name == "nt":
        return None
    with suppress(OSError):
        return file_lock.acquire(python.parents[1] / LEASE, shared=True)
    return None


def _home(folder: Path) -> Path:
    """Return the folder of the Python that an environment was made with, from its pyvenv.cfg."""
    try:
        lines = small_files.read_text(folder / "pyvenv.cfg", LIMIT_BYTES).splitlines()
    except (OSError, ValueError):
        return folder / "nothing"
    entries = dict(line.split("=", 1) for line in lines if "=" in line)
    return Path(next((value.strip() for key, value in entries.items() if key.strip() == "home"), "/nothing"))
