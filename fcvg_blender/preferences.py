"""The artist's choices about the engine: which Python, which device, how long it stays, where frames go."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from . import properties
from .engine import errors, locate, protocol
from .engine.process import Launch

# The extension's package when installed, this package when it runs from a checkout.
ADDON = (__package__ or "").rpartition(".")[0] or "fcvg_blender"

NEED_LETTERS = 90  # of a line: what fits the preferences' window as Blender opens it

DEVICES = [
    ("AUTO", "Automatic", "The graphics card if there is one that fits, else the processor", 0),
    ("CPU", "Processor", "Works everywhere", 1),
    ("CUDA", "NVIDIA (CUDA)", "An NVIDIA graphics card", 2),
    ("MPS", "Apple (Metal)", "The graphics part of an Apple chip", 3),
]


@dataclass(frozen=True)
class Choices:
    """What the rest of the add-on needs of the preferences. `device` is the engine's word."""

    engine_python: str = ""
    device: str = "auto"
    idle_minutes: int = 10
    output_folder: str = "//inbetweens"
    checkpoints: str = ""

    def launch(self) -> Launch:
        """How the engine is to be started now. Raises MissingPart when no Python for it is found."""
        return Launch(
            python=locate.find(self.engine_python).path,
            root=locate.root(),
            log_folder=locate.user_data() / "logs",
            idle_s=self.idle_minutes * 60.0,
            online=bpy.app.online_access,
            checkpoints=Path(self.checkpoints) if self.checkpoints else None,
        )


class FCVG_Preferences(bpy.types.AddonPreferences):
    """Shown in Blender's Preferences below the add-on's name."""

    bl_idname = ADDON

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

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "engine_python")
        _draw_found(layout, self.engine_python)
        layout.prop(self, "device")
        layout.prop(self, "idle_minutes")
        layout.prop(self, "output_folder")
        layout.prop(self, "checkpoints")
        _draw_needs(layout, context.window_manager.fcvg)
        row = layout.row()
        row.operator("fcvg.test_engine", icon="CHECKMARK")
        row.operator("fcvg.open_log", icon="TEXT")
        status = context.window_manager.fcvg
        if status.engine_state:
            layout.label(text=status.engine_state, icon="INFO")
        if status.error_message:
            layout.label(text=status.error_message, icon="ERROR")
            layout.label(text=status.error_hint)


def read(context: Any) -> Choices:
    """The choices in effect; the defaults where the add-on runs without being enabled in the preferences."""
    addon = context.preferences.addons.get(ADDON)
    found = addon.preferences if addon else None
    if found is None:
        return Choices()
    return Choices(
        engine_python=bpy.path.abspath(found.engine_python) if found.engine_python else "",
        device=found.device.lower(),
        idle_minutes=found.idle_minutes,
        output_folder=found.output_folder or Choices.output_folder,
        checkpoints=bpy.path.abspath(found.checkpoints) if found.checkpoints else "",
    )


def _draw_found(layout: Any, preference: str) -> None:
    column = layout.column(align=True)
    column.active = False
    try:
        found = locate.find(bpy.path.abspath(preference) if preference else "")
    except errors.FcvgError as error:
        column.label(text=error.message, icon="ERROR")
        column.label(text=error.hint, icon="BLANK1")
    else:
        column.label(text=f"Found, {found.source}: {_short(found.path)}", icon="CHECKMARK")


def _draw_needs(layout: Any, status: Any) -> None:
    """What each generative method lacks, once the engine has said it."""
    column = layout.column(align=True)
    if status.greeted:
        lacking = {need.name: need.text for need in status.lacking}
        for identifier, label, _, _ in properties.METHODS:
            word = properties.engine_word(identifier)
            if word in lacking:
                column.label(text=f"{label} cannot be used yet.", icon="ERROR")
                for line in textwrap.wrap(lacking[word], NEED_LETTERS):
                    row = column.row()
                    row.active = False
                    row.label(text=line, icon="BLANK1")
            elif word in protocol.GENERATIVE:
                column.label(text=f"{label} can be used", icon="CHECKMARK")
    column.operator("fcvg.check_models", icon="FILE_REFRESH")


def _short(path: Path) -> str:
    """The home folder as ~, as artists and screenshots like it."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


CLASSES = (FCVG_Preferences,)
