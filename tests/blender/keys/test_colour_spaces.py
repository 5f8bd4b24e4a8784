# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the sequencer's colour space, the gap looks as its keys do, or it is said before that it does not."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from drawn_panels import drawn
from edits import Edit, noise

from fcvg_blender.edit import strips
from fcvg_blender.ui.panels import tab

SPACES = [
    each.identifier for each in bpy.types.ColorManagedSequencerColorspaceSettings.bl_rna.properties["name"].enum_items
]


def off(edit: Edit, space: str, file_format: str, touched: str) -> float:
    """How far the gap is off its keys, which show the same: mean of levels of 255."""
    edit.scene.sequencer_colorspace_settings.name = space
    for name, left in (("A", 1), ("B", 20)):
        strip: Any = edit.image(name, noise(1), 2, left, left + 10)
        if name in touched:
            strip.modifiers.new("Nothing", "BRIGHT_CONTRAST")
    edit.settings.method, edit.settings.cuts, edit.settings.format = "DISSOLVE", "MAKE", file_format
    edit.select("A", "B")
    bpy.ops.fcvg.generate_inbetweens()
    earlier, gap, later = (edit.rendered(frame).astype(int) for frame in (5, 15, 25))
    if np.abs(earlier - later).mean() > 1:
        pytest.skip("This Blender shows a picture with a modifier in other colours, here")
    return float(np.abs(earlier - gap).mean())


def said(edit: Edit) -> list[str]:
    (strip,) = [each for _, each in strips.ours()]
    return [strip.fcvg.key_notes] if strip.fcvg.key_notes else []


@pytest.mark.parametrize("space", SPACES or ["sRGB", "Non-Color"])
@pytest.mark.parametrize("file_format", ["PNG", "PNG16", "EXR"])
@pytest.mark.parametrize("touched", ["", "A", "AB"])
def test_the_gap_looks_as_its_keys(edit: Edit, space: str, file_format: str, touched: str) -> None:
    assert off(edit, space, file_format, touched) < (0.1 if not said(edit) or space == "Non-Color" else 3)


@pytest.mark.parametrize("space", ["AgX Base sRGB", "AgX Log"])
def test_an_untouched_picture_is_exact_in_lossy_spaces(edit: Edit, space: str) -> None:
    assert off(edit, space, "PNG", "") == 0
    edit.select("A", "B")
    assert any("colour space" in text for text in drawn(tab.FCVG_PT_inbetween).texts)


def test_frames_of_8_bits_are_not_shown_through_the_look_twice(edit: Edit) -> None:
    assert off(edit, "Non-Color", "JPG", "AB") < 0.1
    assert "PNG 16 bit" in said(edit)[0]
