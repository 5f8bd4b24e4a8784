"""Which Python runs the engine, and where the add-on keeps what belongs to the user. No bpy."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import errors

VARIABLE = "FCVG_ENGINE_PYTHON"


@dataclass(frozen=True)
class EnginePython:
    """`path` of the interpreter and, in an artist's words, where it was found."""

    path: Path
    source: str


def root() -> Path:
    """The folder that holds `fcvg_engine`: the installed extension's, or the checkout's."""
    return Path(__file__).resolve().parents[2]


def user_data() -> Path:
    """The user's own folder of this project, the same one the engine uses; it outlives updates of the add-on."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "fcvg"


def find(preference: str = "", environment: Mapping[str, str] = os.environ) -> EnginePython:
    """The Python that runs the engine: the one chosen in the preferences, else `FCVG_ENGINE_PYTHON`, else the
    environment the add-on made, else a checkout's own `.venv`. Raises MissingPart when there is none.

    What was chosen on purpose and is not there is an error: another Python would only hide the mistake.
    """
    if preference:
        return _chosen(preference, "chosen in the preferences", "Correct or clear it in the preferences.")
    if environment.get(VARIABLE):
        return _chosen(environment[VARIABLE], f"named by {VARIABLE}", f"Correct or remove {VARIABLE}.")
    for folder, source in ((user_data() / "engine", "made by the add-on"), (root() / ".venv", "beside the source")):
        path = _interpreter(folder)
        if path is not None:
            return EnginePython(path, source)
    raise errors.MissingPart(
        "The inbetweening engine is not installed yet.",
        "Install it as the README says, then choose its Python in the preferences of FCVG Inbetween.",
    )


def _chosen(text: str, source: str, hint: str) -> EnginePython:
    path = Path(text).expanduser()
    found = _interpreter(path) if path.is_dir() else path
    if found is None or not found.is_file():
        raise errors.MissingPart(f"The engine Python {source} is not there: {path}", hint)
    # Links stay: an environment's Python is one, and resolved it would forget its environment.
    return EnginePython(found.absolute(), source)


def _interpreter(folder: Path) -> Path | None:
    for name in ("bin/python", "Scripts/python.exe", "python.exe"):
        if (folder / name).is_file():
            return folder / name
    return None
