# SPDX-License-Identifier: GPL-3.0-or-later
"""Inbetweens blend with what lies below them as their keys do, or it is said before that they do not."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from drawn_panels import drawn
from edits import HEIGHT, WIDTH, Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import strips
from fcvg_blender.ui.panels import record as record_panel
from fcvg_blender.ui.panels import tab

MODES = [
    each.identifier
    for each in compat.StripType.bl_rna.properties["blend_type"].enum_items
    if each.identifier not in ("CROSS", "GAMMA_CROSS", "WIPE", "REPLACE")
]


def film(edit: Edit, modes: tuple[str, str], opacity: float, pixels: np.ndarray[Any, Any]) -> None:
    """The same picture on both sides of a gap, over another one that goes on."""
    edit.image("Below", noise(9), 1, 1, 60)
    for name, left, mode in zip("AB", (1, 15), modes, strict=True):
        strip = edit.image(name, pixels, 2, left, left + 10)
        strip.blend_type, strip.blend_alpha = mode, opacity
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    edit.select("A", "B")


def inbetweens() -> Any:
    (strip,) = [each for _, each in strips.ours()]
    return strip


@pytest.mark.parametrize("opacity", [1.0, 0.5, 0.2, 0.0])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("look", ["plain", "float", "faded", "driven"])
def test_what_multiplies_is_as_dark_in_the_gap(edit: Edit, opacity: float, soft: bool, look: str) -> None:
    film(edit, ("MULTIPLY", "MULTIPLY"), opacity, noise(1, soft))
    for name in "AB":
        strip = edit.named(name)
        if look == "float":
            strip.use_float = True
        elif look == "faded":
            for frame, value in ((1, 1.0), (8, opacity), (17, opacity), (24, 1.0)):
                strip.blend_alpha = value
                strip.keyframe_insert("blend_alpha", frame=frame)
        elif look == "driven":
            strip.driver_add("blend_alpha").driver.expression = str(opacity)
    bpy.ops.fcvg.generate_inbetweens()
    key, gap = (edit.rendered(frame).astype(int) for frame in (10, 12))
    seen = key[..., 3] > 8
    assert np.abs(key - gap)[seen].max() <= 3
    assert np.abs(key[..., 3] - gap[..., 3]).max() <= 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("opacity", [1.0, 0.5])
def test_every_mode_is_the_same_in_the_gap(edit: Edit, mode: str, opacity: float) -> None:
    film(edit, (mode, mode), opacity, np.full((HEIGHT, WIDTH, 4), (200, 120, 40, 255), np.uint8))
    assert not any("blends as" in text for text in drawn(tab.FCVG_PT_inbetween).texts)
    bpy.ops.fcvg.generate_inbetweens()
    key, gap = (edit.rendered(frame).astype(int) for frame in (10, 12))
    assert np.abs(key - gap).max() <= 3
    assert inbetweens().fcvg.key_notes == ""


@pytest.mark.parametrize("modes", [("MULTIPLY", "ALPHA_OVER"), ("ADD", "SCREEN"), ("ALPHA_OVER", "REPLACE")])
def test_keys_that_blend_differently_are_told_before_and_after(edit: Edit, modes: tuple[str, str]) -> None:
    film(edit, modes, 1.0, noise(1))
    assert any("“A” blends as" in text for text in drawn(tab.FCVG_PT_inbetween).texts)
    bpy.ops.fcvg.generate_inbetweens()
    edit.select(inbetweens().name)
    assert any("“A” blends as" in text for text in drawn(record_panel.FCVG_PT_record).texts)


def test_a_key_that_multiplies_less_has_changed(edit: Edit) -> None:
    film(edit, ("MULTIPLY", "MULTIPLY"), 0.5, noise(1))
    bpy.ops.fcvg.generate_inbetweens()
    edit.named("A").blend_alpha = 0.8
    bpy.ops.fcvg.check_keys()
    assert inbetweens().fcvg.stale == "START"
