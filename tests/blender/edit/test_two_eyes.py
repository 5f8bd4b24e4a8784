# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that show each eye another picture are refused before the click; what is the same for both eyes is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import pytest
from drawn_panels import drawn
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.ui.panels import tab

TOLD = "for two eyes, and inbetweens are made for one."


def stereo(strip: Any, views: str = "STEREO_3D", display: str = "SIDEBYSIDE") -> Any:
    strip.use_multiview, strip.views_format = True, views
    if views == "STEREO_3D":
        strip.stereo_3d_format.display_mode = display
    return strip


def image(edit: Edit, name: str = "A") -> Any:
    return edit.image(name, noise(1), 1, 1, 11)


def scene_strip(edit: Edit) -> None:
    edit.scene.render.use_multiview = True
    strip = compat.strips(edit.scene).new_scene(name="A", scene=bpy.data.scenes.new("3D"), channel=1, frame_start=1)
    compat.set_right(strip, 11)


def movie(edit: Edit) -> None:
    path = edit.movie("film.mp4", [(1, 0, 0), (0, 1, 0)])
    strip = compat.strips(edit.scene).new_movie(name="A", filepath=str(path), channel=1, frame_start=1)
    compat.set_right(strip, 11)
    stereo(strip)


def effect(edit: Edit) -> None:
    edit.effect("A", "GAUSSIAN_BLUR", 2, 1, 11, stereo(image(edit, "Inside")))


def meta(edit: Edit) -> None:
    edit.meta("A", 3, stereo(image(edit, "Inside")))


TWO_EYES: dict[str, Callable[[Edit], Any]] = {
    "side by side": lambda edit: stereo(image(edit)),
    "top and bottom": lambda edit: stereo(image(edit), display="TOPBOTTOM"),
    "interlaced": lambda edit: stereo(image(edit), display="INTERLACE"),
    "a file for each eye": lambda edit: stereo(image(edit), "INDIVIDUAL"),
    **{each.__name__: each for each in (movie, scene_strip, effect, meta)},
}


def film(edit: Edit, kind: Callable[[Edit], Any]) -> None:
    kind(edit)
    edit.image("Z", noise(2), 1, 20, 30)
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    edit.select("A", "Z")


@pytest.mark.parametrize("kind", TWO_EYES)
@pytest.mark.parametrize("scene_has_views", [False, True])
def test_keys_for_two_eyes_are_refused(edit: Edit, kind: str, scene_has_views: bool) -> None:
    edit.scene.render.use_multiview = scene_has_views
    film(edit, TWO_EYES[kind])
    before = edit.layout()
    assert any(TOLD in text for text in drawn(tab.FCVG_PT_inbetween).texts)
    with pytest.raises(RuntimeError, match=TOLD):
        bpy.ops.fcvg.generate_inbetweens()
    assert edit.layout() == before


@pytest.mark.parametrize("scene_has_views", [False, True])
def test_keys_that_are_the_same_for_both_eyes_are_taken(edit: Edit, scene_has_views: bool) -> None:
    edit.scene.render.use_multiview = scene_has_views
    film(edit, image)
    bpy.ops.fcvg.generate_inbetweens()
    assert any(strip.fcvg.id for strip in compat.strips(edit.scene))
