"""The artist's choices that hold for all files: which engine, which device, which models, where things come from."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from . import preferences_engine, preferences_models
from .engine import locate, process
from .words import rpt

# The extension's package when installed, this package when it runs from a checkout.
ADDON = (__package__ or "").rpartition(".")[0] or "fcvg_blender"

SECTIONS = [
    ("ENGINE", "Engine", "Install, update and examine what makes the inbetweens", 0),
    ("MODELS", "Models", "What is there, what it may be used for, and where to get it", 1),
    ("OPTIONS", "Options", "Device, folders and memory", 2),
    ("STUDIO", "Studio", "Where packages and models come from in a network of your own", 3),
]
DEVICES = [
    ("AUTO", "Automatic", "The graphics card if there is one that fits, else the processor", 0),
    ("CPU", "Processor", "Works everywhere", 1),
    ("CUDA", "NVIDIA (CUDA)", "An NVIDIA graphics card", 2),
    ("MPS", "Apple (Metal)", "The graphics part of an Apple chip", 3),
]
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
    """What the rest of the add-on needs of the preferences. `device` is the engine's word; `studio` are variables of
    the environment with what they are set to in the preferences."""

    engine_python: str = ""
    device: str = "auto"
    idle_minutes: int = 10
    output_folder: str = "//inbetweens"
    checkpoints: str = ""
    commercial_only: bool = False
    studio: tuple[tuple[str, str], ...] = ()

    def launch(self) -> process.Launch:
        """How the engine is to be started now. Raises MissingPart when no Python for it is found."""
        return process.Launch(
            python=locate.find(self.engine_python).path,
            root=locate.root(),
            log_folder=locate.user_data() / "logs",
            idle_s=self.idle_minutes * 60.0,
            online=bpy.app.online_access,
            checkpoints=Path(self.checkpoints) if self.checkpoints else None,
            studio=self.studio,
        )

    def environment(self) -> dict[str, str]:
        """What a command is started with."""
        checkpoints = Path(self.checkpoints) if self.checkpoints else None
        return process.environment(os.environ, bpy.app.online_access, self.studio, checkpoints)


def _look(self: Any, context: Any) -> None:
    """The table of models fills when it is first looked at."""
    operators: Any = bpy.ops
    shown = self.section == "MODELS" and not context.window_manager.fcvg.models
    if shown and not bpy.app.background and operators.fcvg.list_models.poll():
        operators.fcvg.list_models(quiet=True)


class FCVG_Preferences(bpy.types.AddonPreferences):
    """Shown in Blender's Preferences below the add-on's name."""

    bl_idname = ADDON

    section: EnumProperty(name="Section", description="What is shown here", items=SECTIONS, update=_look)
    engine_python: StringProperty(
        name="Engine Python",
        description="The Python, or the environment's folder, that runs the engine. Empty: found by itself",
        subtype="FILE_PATH",
    )
    device: EnumProperty(name="Device", description="What computes the inbetweens", items=DEVICES)
    idle_minutes: IntProperty(
        name="Idle Minutes",
        description="Minutes without work after which the engine leaves and frees its memory",
        default=Choices.idle_minutes,
        min=1,
        max=1440,
        soft_max=120,
    )
    checkpoints: StringProperty(
        name="Model Folder",
        description="Folder with the model files of FCVG, TRF, ViBiDSampler and GI, as their authors publish them",
        subtype="DIR_PATH",
    )
    output_folder: StringProperty(
        name="Frames In",
        description="Folder that gets a folder for each generation. // is the folder of the blend file",
        default=Choices.output_folder,  # no DIR_PATH: Blender would warn of // in the preferences
    )
    commercial_only: BoolProperty(
        name="Commercial-Safe Models Only",
        description="Switch off every method and model that is not plainly free for commercial work",
    )
    index_url: StringProperty(
        name="Package Index",
        description="Address of your own package index (simple API). Empty: the public one",
    )
    wheels: StringProperty(
        name="Wheel Folder",
        description="Folder with the engine's packages, which is looked through before anything is downloaded",
        subtype="DIR_PATH",
    )
    proxy: StringProperty(name="Proxy", description="Address of the proxy for all downloads, such as http://proxy:3128")
    hub_endpoint: StringProperty(
        name="Model Hub",
        description="Address of a mirror of the model hub. Empty: huggingface.co",
    )
    models_folder: StringProperty(
        name="Models In",
        description="Folder that downloaded models are put into. Empty: in your own user data",
        subtype="DIR_PATH",
    )

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout = self.layout
        row = layout.row()
        row.prop(self, "section", expand=True)
        match self.section:
            case "ENGINE":
                preferences_engine.draw(context, layout, _absolute(self.engine_python))
            case "MODELS":
                preferences_models.draw(context, layout, self, _absolute(self.engine_python))
            case "OPTIONS":
                _draw_options(layout, self)
            case "STUDIO":
                _draw_studio(layout, self)


def read(context: Any) -> Choices:
    """The choices in effect; the defaults where the add-on runs without being enabled in the preferences."""
    found = of_addon(context)
    if found is None:
        return Choices()
    studio = ((variable, _absolute(getattr(found, name))) for name, variable in STUDIO.items())
    return Choices(
        engine_python=_absolute(found.engine_python),
        device=found.device.lower(),
        idle_minutes=found.idle_minutes,
        output_folder=found.output_folder or Choices.output_folder,
        checkpoints=_absolute(found.checkpoints),
        commercial_only=found.commercial_only,
        studio=tuple((variable, value) for variable, value in studio if value),
    )


def of_addon(context: Any) -> Any:
    """The preferences as Blender keeps them, None where the add-on is not enabled in them."""
    addon = context.preferences.addons.get(ADDON)
    return addon.preferences if addon else None


def _draw_options(layout: Any, preferences: Any) -> None:
    column = _split(layout)
    column.prop(preferences, "device")
    column.prop(preferences, "idle_minutes")
    column.separator()
    column.prop(preferences, "output_folder")
    column.prop(preferences, "checkpoints")
    column.separator()
    column.prop(preferences, "engine_python")
    _dimmed(column, rpt("Leave it empty to use the engine that this add-on installs."))


def _draw_studio(layout: Any, preferences: Any) -> None:
    column = _split(layout)
    for name in STUDIO:
        row = column.row()
        row.active = not os.environ.get(STUDIO[name])
        row.prop(preferences, name)
        if os.environ.get(STUDIO[name]):
            wins = rpt("{variable} is set in the environment, which wins.")
            _dimmed(column, wins.format(variable=STUDIO[name]))
    row = layout.row()
    row.operator("fcvg.hub_login", icon="USER")


def _absolute(path: str) -> str:
    """// is the folder of the blend file; what is no path stays as it is."""
    return str(bpy.path.abspath(path)) if path else ""


def _split(layout: Any) -> Any:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def _dimmed(layout: Any, text: str) -> None:
    row = layout.row()
    row.active = False
    row.alignment = "RIGHT"
    row.label(text=text)


CLASSES = (FCVG_Preferences,)
