# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of presets in the header of the Inbetween tab. Those in `presets/` come with the add-on."""

from __future__ import annotations

from pathlib import Path

import bpy
from bl_ui.utils import PresetPanel

from ...i18n.translate import mark

_FOLDER = str(Path(__file__).parents[2])  # Blender looks for presets/fcvg_inbetween in it


class FCVG_PT_presets(PresetPanel, bpy.types.Panel):
    """Choices that belong together, by name"""

    bl_label = mark("Inbetween Presets")
    preset_subdir = "fcvg_inbetween"
    preset_operator = "script.execute_preset"
    preset_add_operator = "fcvg.add_preset"


CLASSES = (FCVG_PT_presets,)


def register() -> None:
    """Let Blender find the presets that come with the add-on."""
    bpy.utils.register_preset_path(_FOLDER)


def unregister() -> None:
    """Stop Blender from looking for them."""
    bpy.utils.unregister_preset_path(_FOLDER)
