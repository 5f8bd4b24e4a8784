# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist's choices that hold for all files, as the rest of the add-on reads them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..engine import engine_process, find_python, places
from . import mending

# What Blender knows the add-on by: the extension's package, or this one where it runs from a checkout.
ADDON_ID = __name__.partition("fcvg_blender")[0].rstrip(".") or "fcvg_blender"

# Preference → variable of the environment; the environment wins.
STUDIO = {
    "index_url": "FCVG_INDEX_URL",
    "wheels": "FCVG_WHEELS",
    "proxy": "FCVG_PROXY",
    "hub_endpoint": "HF_ENDPOINT",
    "models_folder": "FCVG_MODELS",
}


@dataclass(frozen=True)
class Choices:
    """What the rest of the add-on needs of the preferences.

    `device` is the engine's word. `studio`: variables of the environment and what the preferences set them to.
    """

    engine_python: str = ""
    device: str = "auto"
    idle_minutes: int = 10
    output_folder: str = "//inbetweens"
    checkpoints: str = ""
    commercial_only: bool = False
    studio: tuple[tuple[str, str], ...] = ()

    def launch(self) -> engine_process.Launch:
        """How the engine is to be started now. Raises MissingPart when no Python for it is found."""
        return engine_process.Launch(
            python=find_python.find(self.engine_python).path,
            root=places.root(),
            log_folder=places.user_data() / "logs",
            idle_s=self.idle_minutes * 60.0,
            online=bpy.app.online_access,
            checkpoints=Path(self.checkpoints) if self.checkpoints else None,
            studio=self.studio,
        )

    def environment(self) -> dict[str, str]:
        """The variables of the environment that a command of the engine is started with."""
        checkpoints = Path(self.checkpoints) if self.checkpoints else None
        return engine_process.environment(os.environ, bpy.app.online_access, self.studio, checkpoints)


def read(context: Any) -> Choices:
    """The choices in effect; the defaults where the add-on runs without being enabled in the preferences."""
    found = of_addon(context)
    if found is None:
        return Choices()
    studio = ((variable, absolute(getattr(found, name))) for name, variable in STUDIO.items())
    return Choices(
        engine_python=absolute(found.engine_python),
        device=found.device.lower() or Choices.device,
        idle_minutes=found.idle_minutes,
        output_folder=found.output_folder or Choices.output_folder,
        checkpoints=absolute(found.checkpoints),
        commercial_only=found.commercial_only,
        studio=tuple((variable, value) for variable, value in studio if value),
    )


def mend(context: Any) -> None:
    """Bring what the artist's file of preferences says into its ranges."""
    found = of_addon(context)
    if found is not None:
        mending.mend(found, {})


def of_addon(context: Any) -> Any:
    """The preferences as Blender keeps them, None where the add-on is not enabled in them."""
    addon = context.preferences.addons.get(ADDON_ID)
    return addon.preferences if addon else None


def absolute(path: str) -> str:
    """The path with a leading // resolved to the blend file's folder. What is no such path stays as it is."""
    return str(bpy.path.abspath(path)) if path else ""
