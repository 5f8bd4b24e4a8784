# SPDX-License-Identifier: GPL-3.0-or-later
"""Choices kept under a name: those that come with the add-on, and the artist's own."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from edits import Edit

SUBDIR = "fcvg_inbetween"


def presets() -> dict[str, str]:
    """What the menu lists: name → file."""
    return {
        path.stem: str(path) for folder in bpy.utils.preset_paths(SUBDIR) for path in sorted(Path(folder).glob("*.py"))
    }


def choose(name: str) -> None:
    bpy.ops.script.execute_preset(filepath=presets()[name], menu_idname="FCVG_PT_presets")


@pytest.mark.parametrize(
    ("name", "method", "hold"),
    [
        ("Animatic", "RIFE", "TWOS"),
        ("Cartoon_on_Twos", "GMFSS", "TWOS"),
        ("Draft_then_FCVG", "FCVG", "ONES"),
        ("Smooth_on_Ones", "AUTO", "ONES"),
    ],
)
def test_presets_come_with_the_addon(edit: Edit, name: str, method: str, hold: str) -> None:
    edit.settings.method, edit.settings.hold = "DISSOLVE", "THREES"
    choose(name)
    assert (edit.settings.method, edit.settings.hold) == (method, hold)


def test_every_preset_of_the_addon_is_tested_above() -> None:
    assert {"Animatic", "Cartoon_on_Twos", "Draft_then_FCVG", "Smooth_on_Ones"} <= set(presets())
    ours = {path for path in presets().values() if "fcvg_blender" in path}
    assert len(ours) == 4


def test_an_artists_own_preset_brings_everything_back(edit: Edit) -> None:
    settings = edit.settings
    settings.method, settings.timing, settings.count = "TRF", "FAVOUR_FIRST", 7
    settings.sampling.steps, settings.conditions.lines = 12, "FLOW"
    bpy.ops.fcvg.add_preset(name="Mine")
    settings.method, settings.timing, settings.count = "RIFE", "LINEAR", 3
    settings.sampling.steps, settings.conditions.lines = 0, "NONE"

    choose("Mine")

    assert (settings.method, settings.timing, settings.count) == ("TRF", "FAVOUR_FIRST", 7)
    assert (settings.sampling.steps, settings.conditions.lines) == (12, "FLOW")
    bpy.ops.fcvg.add_preset(name="Mine", remove_name=True)
    assert "Mine" not in presets()
