# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: their properties, and how they are drawn. They hold for all files."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

import os
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..i18n.translate import rpt
from ..settings.addon_choices import ADDON_ID, STUDIO, Choices, absolute
from . import preferences_engine, preferences_models
from .layout_parts import names_beside

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


def _list_models(self: Any, context: Any) -> None:
    """Blender calls this when another section is shown. Fill the table of models when it is first seen."""
    operators: Any = bpy.ops
    is_empty = self.section == "MODELS" and not context.window_manager.fcvg.models
    if is_empty and not bpy.app.background and operators.fcvg.list_models.poll():
        operators.fcvg.list_models(quiet=True)


class FCVG_Preferences(bpy.types.AddonPreferences):
    """Shown in Blender's Preferences below the add-on's name."""

    bl_idname = ADDON_ID

    section: EnumProperty(name="Section", description="What is shown here", items=SECTIONS, update=_list_models)
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
                preferences_engine.draw(context, layout, absolute(self.engine_python))
            case "MODELS":
                preferences_models.draw(context, layout, self, absolute(self.engine_python))
            case "OPTIONS":
                _draw_options(layout, self)
            case "STUDIO":
                _draw_studio(layout, self)


def _draw_options(layout: Any, preferences: Any) -> None:
    column = names_beside(layout.column())
    column.prop(preferences, "device")
    column.prop(preferences, "idle_minutes")
    column.separator()
    column.prop(preferences, "output_folder")
    column.prop(preferences, "checkpoints")
    column.separator()
    column.prop(preferences, "engine_python")
    _dimmed(column, rpt("Leave it empty to use the engine that this add-on installs."))


def _draw_studio(layout: Any, preferences: Any) -> None:
    column = names_beside(layout.column())
    for name in STUDIO:
        row = column.row()
        row.active = not os.environ.get(STUDIO[name])
        row.prop(preferences, name)
        if os.environ.get(STUDIO[name]):
            wins = rpt("{variable} is set in the environment, which wins.")
            _dimmed(column, wins.format(variable=STUDIO[name]))
    row = layout.row()
    row.operator("fcvg.hub_login", icon="USER")


def _dimmed(layout: Any, text: str) -> None:
    """Draw a remark below a property, on its right side."""
    row = layout.row()
    row.active = False
    row.alignment = "RIGHT"
    row.label(text=text)


CLASSES = (FCVG_Preferences,)
