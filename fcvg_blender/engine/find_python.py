# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the Python that runs the engine. No bpy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import errors, installed_engines, places
from .places import interpreter

VARIABLE = "FCVG_ENGINE_PYTHON"


@dataclass(frozen=True)
class EnginePython:
    """The `path` of an interpreter, and its `source`: where it was found, in an artist's words."""

    path: Path
    source: str


def find(preference: str = "", environment: Mapping[str, str] = os.environ) -> EnginePython:
    """Return the first of these: the Python chosen in the preferences, the one that `FCVG_ENGINE_PYTHON` names, that of
    the installed engine, that of an environment made by hand in `engine` of the user's data, that of a checkout's
    `.venv`.

    The first two may be an interpreter, the folder of an environment, or a folder like `places.user_data()` in which
    somebody has installed the engine for many. Raises MissingPart when there is none, and when one of the first three
    is set but cannot run: another Python would only hide the mistake.
    """
    if preference:
        return _chosen(preference, "chosen in the preferences", "Correct or clear it in the preferences.")
    if environment.get(VARIABLE):
        return _chosen(environment[VARIABLE], f"named by {VARIABLE}", f"Correct or remove {VARIABLE}.")
    installed = installed_engines.pointed()
    if installed is not None:
        return _installed(installed, installed_engines.fault(installed))
    for folder, source in (
        (places.user_data() / "engine", "made by hand"),
        (places.root() / ".venv", "beside the source"),
    ):
        path = interpreter(folder)
        if path is not None:
            return EnginePython(path, source)
    raise errors.MissingPart(
        "The inbetweening engine is not installed yet.",
        "Click Install Engine in the preferences of FCVG Inbetween.",
    )


def _installed(folder: Path, fault: str) -> EnginePython:
    path = interpreter(folder)
    if fault or path is None:
        raise errors.MissingPart(fault, "Click Repair in the preferences of FCVG Inbetween.")
    return EnginePython(path, "installed by the add-on")


def _chosen(text: str, source: str, hint: str) -> EnginePython:
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # nobody has this name here
        path = Path(text)
    found: Path | None = path
    if path.is_dir():  # an environment, or the data of one who installs for many
        installed = installed_engines.pointed(path)
        found = interpreter(installed or path)
    if found is None or not found.is_file():
        raise errors.MissingPart(f"The engine Python {source} is not there: {path}", hint)
    # Links stay: an environment's Python is one, and resolved it would forget its environment.
    return EnginePython(found.absolute(), source)
