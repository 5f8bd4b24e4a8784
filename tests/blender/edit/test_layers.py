# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies above two keys lies above their inbetweens: grades, letterboxes, titles, frames. Else it is said before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
import pytest
from drawn_panels import drawn
from edits import HEIGHT, WIDTH, Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import gaps
from fcvg_blender.settings import strip_record
from fcvg_blender.ui.panels.tab import FCVG_PT_inbetween

Layer = Callable[[Edit, int, int, int], Any]
PICTURE = noise(1)


def grade(edit: Edit, channel: int, left: int, right: int) -> Any:
    """A colour grade for all that lies below it."""
    strip = edit.effect("Layer", "ADJUSTMENT", channel, left, right)
    strip.color_multiply, strip.color_saturation = 0.4, 0.2
    return strip


def curves(edit: Edit, channel: int, left: int, right: int) -> Any:
    strip = edit.effect("Layer", "ADJUSTMENT", channel, left, right)
    strip.modifiers.new("Bright", "BRIGHT_CONTRAST").bright = -60
    return strip


def letterbox(edit: Edit, channel: int, left: int, right: int) -> Any:
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[:6, :, 3] = pixels[-6:, :, 3] = 255
    strip = edit.image("Layer", pixels, channel, left, right)
    strip.blend_type = "ALPHA_OVER"
    return strip


def title(edit: Edit, channel: int, left: int, right: int) -> Any:
    """A picture of letters: Blender 5.2 in the background draws text in the first file only that has some."""
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[12:24, 10:50:4] = pixels[12:14, 10:50] = 255
    strip = edit.image("Layer", pixels, channel, left, right)
    strip.blend_type = "ALPHA_OVER"
    return strip


def multiplied(edit: Edit, channel: int, left: int, right: int) -> Any:
    strip = edit.colour("Layer", channel, left, right, (1.0, 0.5, 0.2))
    strip.blend_type = "MULTIPLY"
    return strip


def half_clear(edit: Edit, channel: int, left: int, right: int) -> Any:
    strip = edit.colour("Layer", channel, left, right, (0.0, 0.0, 1.0))
    strip.blend_type, strip.blend_alpha = "ALPHA_OVER", 0.5
    return strip


def inside_a_meta(edit: Edit, channel: int, left: int, right: int) -> Any:
    inner = edit.colour("Inner", channel, left, right, (0.0, 1.0, 0.0))
    inner.blend_type, inner.blend_alpha = "ALPHA_OVER", 1.0
    strip = edit.meta("Layer", channel + 1, inner)
    strip.channel, strip.blend_type, strip.blend_alpha = channel, "ALPHA_OVER", 0.3
    return strip


LAYERS: list[Layer] = [grade, curves, letterbox, title, multiplied, half_clear, inside_a_meta]


def keys(edit: Edit, channels: tuple[int, int], gap: int = 4) -> None:
    """Two strips of one picture, so that what lies between looks as they do."""
    edit.image("A", PICTURE, channels[0], 1, 11)
    edit.image("B", PICTURE, channels[1], 11 + gap, 21 + gap)
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"


def made(edit: Edit) -> Any:
    edit.select("A", "B")
    assert bpy.ops.fcvg.generate_inbetweens() == {"FINISHED"}
    (strip,) = (each for each in compat.all_strips(edit.scene) if gaps.is_inbetweens(each))
    assert strip.fcvg.state == strip_record.DONE
    return strip


def sentence(edit: Edit) -> str:
    edit.select("A", "B")
    return next(text for text in drawn(FCVG_PT_inbetween).texts if "inbetween" in text)


@pytest.mark.parametrize("placement", ["GAP", "PUSH"])
@pytest.mark.parametrize("channels", [(1, 1), (1, 2), (2, 1), (3, 1), (2, 2)])
@pytest.mark.parametrize("layer", LAYERS)
def test_the_film_does_not_jump_in_the_gap(edit: Edit, layer: Layer, channels: tuple[int, int], placement: str) -> None:
    keys(edit, channels, 0 if placement == "PUSH" else 4)
    edit.settings.placement, edit.settings.count = "PUSH", 4
    layer(edit, max(channels) + 1, 1, 40)
    before = edit.rendered(10)
    assert "“Layer” stays above the inbetweens." in sentence(edit)
    made(edit)
    # Blender 5.2 without a window draws letters only until a second file is opened.
    assert layer is title or not (before == PICTURE).all(), "it shows"
    for frame in range(9, 17):
        assert (edit.rendered(frame) == before).all(), frame


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("placement", ["OVER_END", "OVER_START", "CENTRED"])
def test_over_the_keys_they_lie_below_it_where_there_is_a_channel(edit: Edit, layer: Layer, placement: str) -> None:
    keys(edit, (1, 1), gap=0)
    edit.settings.placement, edit.settings.count = placement, 4
    layer(edit, 3, 1, 40)
    before = edit.rendered(10)
    assert "“Layer” stays above the inbetweens." in sentence(edit)
    assert made(edit).channel == 2
    for frame in range(6, 17):
        assert (edit.rendered(frame) == before).all(), frame


@pytest.mark.parametrize("placement", ["OVER_END", "OVER_START", "CENTRED"])
def test_what_they_have_to_cover_is_said(edit: Edit, placement: str) -> None:
    keys(edit, (1, 1), gap=0)
    edit.settings.placement, edit.settings.count = placement, 4
    grade(edit, 2, 1, 40)
    assert "channel 3" in sentence(edit)
    assert "The inbetweens will cover “Layer”" in sentence(edit)
    assert made(edit).channel == 3


def test_several_are_counted(edit: Edit) -> None:
    keys(edit, (1, 1))
    for number, name in enumerate(("Grade", "Letterbox", "Title"), 2):
        edit.colour(name, number, 1, 40)
    assert "“Grade” and what else lies above the keys (3 strips) stay above" in sentence(edit)
    edit.named("B").channel = 6
    edit.colour("C", 6, 12, 13)
    assert "The inbetweens will cover “C”" in sentence(edit)


@pytest.mark.parametrize("change", ["muted", "muted channel", "elsewhere", "sound", "below"])
def test_what_is_not_seen_there_is_not_spoken_of(edit: Edit, change: str) -> None:
    if change == "sound" and not bpy.app.build_options.audaspace:
        pytest.skip("this Blender was built without sound")
    keys(edit, (2, 2))
    layer = edit.colour("Layer", 1 if change == "below" else 4, 1, 10 if change == "elsewhere" else 40)
    layer.mute = change == "muted"
    edit.scene.sequence_editor.channels[4].mute = change == "muted channel"
    if change == "sound":
        compat.contents(edit.scene.sequence_editor).remove(layer)
        compat.strips(edit.scene).new_sound(name="Layer", filepath="none.wav", channel=4, frame_start=11)
    assert sentence(edit) == "4 inbetweens, frames 11–14, channel 2, Dissolve"


def test_they_are_not_hidden_by_what_lies_between_the_keys_channels(edit: Edit) -> None:
    """The later key's channel is taken there, and a picture above the earlier key would hide them on its channel."""
    keys(edit, (1, 3))
    edit.colour("Backdrop", 2, 1, 40)
    edit.colour("C", 3, 12, 13)
    assert made(edit).channel == 4


def test_redone_frames_lie_below_it_too(edit: Edit) -> None:
    keys(edit, (1, 1), gap=8)
    grade(edit, 4, 1, 40)
    before = edit.rendered(10)
    edit.select(made(edit).name)
    assert bpy.ops.fcvg.redo_range(first=13, last=15) == {"FINISHED"}
    assert (edit.rendered(14) == before).all()
