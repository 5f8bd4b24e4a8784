# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the choices of the Inbetween tab as a named preset for all files, or remove such a preset."""

from __future__ import annotations

import bpy
from bl_operators.presets import AddPresetBase


class FCVG_OT_add_preset(AddPresetBase, bpy.types.Operator):  # type: ignore[misc]
    """Keep the choices of this tab as a preset, or remove the preset chosen last"""

    bl_idname = "fcvg.add_preset"
    bl_label = "Add Inbetween Preset"
    preset_menu = "FCVG_PT_presets"
    preset_subdir = "fcvg_inbetween"
    preset_defines = ("settings = (getattr(bpy.context, 'sequencer_scene', None) or bpy.context.scene).fcvg",)
    preset_values = tuple(
        f"settings.{name}"
        for name in (
            "method",
            "count",
            "placement",
            "push_markers",
            "timing",
            "times",
            "hold",
            "seed",
            "format",
            "bright_as_exr",
            "draft_first",
            "cuts",
            "conditions.lines",
            "conditions.pose",
            "conditions.control_weight",
            "sampling",
        )
    )
