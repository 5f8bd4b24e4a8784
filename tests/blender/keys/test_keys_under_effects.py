# SPDX-License-Identifier: GPL-3.0-or-later
"""A key that the edit shows through an effect of its own is taken without it; that is said before and after."""

from __future__ import annotations

from typing import Any

import bpy
import pytest
from drawn_panels import drawn
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import strips
from fcvg_blender.ui.panels import record as record_panel
from fcvg_blender.ui.panels import tab

SINGLE = ("SPEED", "TRANSFORM", "GLOW", "GAUSSIAN_BLUR")
KINDS = (*SINGLE, "CROSS", "ADD", "OVER_DROP", "MULTIPLY")


def film(edit: Edit, kind: str, under: str) -> Any:
    """A, a gap, B; an effect made of the one in `under`, on a channel above."""
    for name, left in (("A", 1), ("B", 15)):
        edit.image(name, noise(1), 1, left, left + 10)
    left = compat.left(edit.named(under))
    sources = [edit.named(under)]
    if kind not in SINGLE:
        sources.append(edit.colour("Other", 2, left, left + 10))
    try:
        effect = edit.effect("Effect", kind, 3, left, left + 10, *sources)
    except TypeError:
        pytest.skip("This Blender has no such effect")
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    edit.select("A", "B")
    return effect


def said() -> list[str]:
    return [text for text in drawn(tab.FCVG_PT_inbetween).texts if "“Effect”" in text]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("under", ["A", "B"])
def test_a_key_under_its_own_effect_is_told(edit: Edit, kind: str, under: str) -> None:
    film(edit, kind, under)
    assert any(f"made of “{under}”" in text for text in said())
    bpy.ops.fcvg.generate_inbetweens()
    (strip,) = [each for _, each in strips.ours()]
    edit.select(strip.name)
    assert any(f"made of “{under}”" in text for text in drawn(record_panel.FCVG_PT_record).texts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("why", ["muted", "selected itself"])
def test_nothing_is_said_where_the_effect_does_not_matter(edit: Edit, kind: str, why: str) -> None:
    effect = film(edit, kind, "A")
    if why == "muted":
        effect.mute = True
    else:
        edit.select("Effect", "B")
    assert not any("made of" in text for text in said())
