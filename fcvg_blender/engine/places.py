# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders: that of the code, that of the user's data, and the Python in an environment. No bpy."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def root() -> Path:
    """Return the folder that holds `fcvg_engine`: the installed extension, or the checkout."""
    return Path(__file__).resolve().parents[2]


def user_data() -> Path:
    """Return the user's own folder of this project. The engine uses it too, and it outlives updates of the add-on."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "fcvg"


def interpreter(folder: Path) -> Path | None:
    """Return the Python of the environment `folder`; None when it has none, or that is gone."""
    for name in ("bin/python", "Scripts/python.exe", "python.exe"):
        if (folder / name).is_file():
            return folder / name
    return None
