"""Which Python runs the engine, and where the add-on keeps what belongs to the user. No bpy."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import environments, errors  # the first of which asks this module where to look, but not before it is called

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
    """The Python that runs the engine: the one chosen in the preferences, else `FCVG_ENGINE_PYTHON`, else the engine
    that was installed, else an environment made by hand in `engine` of the user's data, else a checkout's own `.venv`.
    Raises MissingPart when there is none. What is chosen is an interpreter, the folder of an environment, or a folder
    like `user_data` in which somebody has installed for many.

    What was chosen on purpose or installed and cannot run is an error: another Python would only hide the mistake.
    """
    if preference:
        return _chosen(preference, "chosen in the preferences", "Correct or clear it in the preferences.")
    if environment.get(VARIABLE):
        return _chosen(environment[VARIABLE], f"named by {VARIABLE}", f"Correct or remove {VARIABLE}.")
    installed = environments.pointed()
    if installed is not None:
        return _installed(installed, environments.fault(installed))
    for folder, source in ((user_data() / "engine", "made by hand"), (root() / ".venv", "beside the source")):
        path = interpreter(folder)
        if path is not None:
            return EnginePython(path, source)
    raise errors.MissingPart(
        "The inbetweening engine is not installed yet.",
        "Click Install Engine in the preferences of FCVG Inbetween.",
    )


def interpreter(folder: Path) -> Path | None:
    """The Python of the environment `folder`, None where it has none or that is gone."""
    for name in ("bin/python", "Scripts/python.exe", "python.exe"):
        if (folder / name).is_file():
            return folder / name
    return None


def _installed(folder: Path, fault: str) -> EnginePython:
    path = interpreter(folder)
    if fault or path is None:
        raise errors.MissingPart(fault, "Click Repair in the preferences of FCVG Inbetween.")
    return EnginePython(path, "installed by the add-on")


def _chosen(text: str, source: str, hint: str) -> EnginePython:
    path = Path(text).expanduser()
    found: Path | None = path
    if path.is_dir():  # an environment, or the data of one who installs for many
        installed = environments.pointed(path)
        found = interpreter(installed or path)
    if found is None or not found.is_file():
        raise errors.MissingPart(f"The engine Python {source} is not there: {path}", hint)
    # Links stay: an environment's Python is one, and resolved it would forget its environment.
    return EnginePython(found.absolute(), source)
