# SPDX-License-Identifier: GPL-3.0-or-later
"""Highlights that are brighter than white stay what they are in the gap, or it is said that they do not."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from artist import two_strips
from drawn_panels import drawn
from edits import HEIGHT, WIDTH, Edit, noise, read

from fcvg_blender import compat
from fcvg_blender.edit import strip_pictures, strip_takes, strips
from fcvg_blender.ui.panels import record as record_panel

KEY = 10


def exr(edit: Edit, name: str, colour: tuple[float, ...], left: int, right: int) -> Any:
    """An OpenEXR strip, grey but for a disc of this colour: scene-linear, premultiplied."""
    pixels = np.full((HEIGHT, WIDTH, 4), (0.2, 0.2, 0.2, 1.0), np.float32)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels[(x - 32) ** 2 + (y - 18) ** 2 < 100] = colour
    image = bpy.data.images.new(name, WIDTH, HEIGHT, float_buffer=True, alpha=True, is_data=True)
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(edit.folder / f"{name}.exr"), "OPEN_EXR"
    image.save()
    bpy.data.images.remove(image)
    strip = compat.strips(edit.scene).new_image(
        name=name, filepath=str(edit.folder / f"{name}.exr"), channel=1, frame_start=left, fit_method="ORIGINAL"
    )
    strip.colorspace_settings.name, strip.alpha_mode = compat.LINEAR, "PREMUL"
    compat.set_right(strip, right)
    return strip


def from_file(edit: Edit, name: str, left: int, right: int) -> None:
    exr(edit, name, (6.0, 5.0, 4.0, 1.0), left, right)


def half_transparent(edit: Edit, name: str, left: int, right: int) -> None:
    """Premultiplied it is below 1; its colour is not."""
    exr(edit, name, (0.9, 0.8, 0.7, 0.3), left, right)


def multiplied(edit: Edit, name: str, left: int, right: int) -> None:
    strip = edit.image(name, noise(1), 1, left, right)
    strip.use_float, strip.color_multiply = True, 4.0


def inside_meta(edit: Edit, name: str, left: int, right: int) -> None:
    edit.meta(name, 1, exr(edit, f"{name} inside", (6.0, 5.0, 4.0, 1.0), left, right))


def scene_strip(edit: Edit, name: str, left: int, right: int) -> None:
    """Another edit that has such a picture in it."""
    other = Edit(bpy.data.scenes.new("Other"), edit.folder)
    exr(other, f"{name} there", (6.0, 5.0, 4.0, 1.0), 1, 60)
    strip = compat.strips(edit.scene).new_scene(name=name, scene=other.scene, channel=1, frame_start=left)
    strip.scene_input = "SEQUENCER"
    compat.set_right(strip, right)


BRIGHT = {each.__name__: each for each in (from_file, half_transparent, multiplied, inside_meta, scene_strip)}


def pair(edit: Edit, kind: str, where: str) -> None:
    """A and B with a gap of 4 frames; the ones in `where` are bright."""
    for name, left, right in (("A", 1, KEY + 1), ("B", KEY + 5, KEY + 15)):
        if name in where:
            BRIGHT[kind](edit, name, left, right)
        else:
            edit.image(name, noise(2), 1, left, right)
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    edit.select("A", "B")


def seen(edit: Edit, frame: int, view: str) -> np.ndarray[Any, Any]:
    """The edit on a frame through a view, levels of 255."""
    edit.rendered(frame)
    edit.scene.view_settings.view_transform = view
    with bpy.context.temp_override(scene=edit.scene):
        bpy.ops.render.render(write_still=True)
    return read(edit.folder / "rendered.png") * 255


@pytest.mark.parametrize("kind", BRIGHT)
@pytest.mark.parametrize("view", ["AgX", "Filmic"])
def test_highlights_are_as_bright_in_the_gap(edit: Edit, kind: str, view: str) -> None:
    """The two keys show the same, so every frame between them does; the format is Blender's default, PNG."""
    pair(edit, kind, "AB")
    bpy.ops.fcvg.generate_inbetweens()
    (strip,) = [each for _, each in strips.ours()]
    assert strip.fcvg.state == "DONE"
    assert np.abs(seen(edit, KEY, view) - seen(edit, KEY + 2, view)).mean() < 1


@pytest.mark.parametrize("where", ["A", "B", "AB"])
@pytest.mark.parametrize("file_format", ["PNG", "PNG16", "JPG", "EXR"])
def test_one_bright_key_is_enough(edit: Edit, where: str, file_format: str) -> None:
    pair(edit, "from_file", where)
    edit.settings.format = file_format
    bpy.ops.fcvg.generate_inbetweens()
    (strip,) = [each for _, each in strips.ours()]
    assert {each.filename.rpartition(".")[2] for each in strip.elements} == {"exr"}
    assert strip.fcvg.format == "exr"
    first, key = seen(edit, KEY + 1, "AgX"), seen(edit, KEY, "AgX")
    if where == "AB":
        assert np.abs(first - key).mean() < 1
    with pytest.raises(RuntimeError, match="Take 1 is the same"):
        bpy.ops.fcvg.new_take()


@pytest.mark.parametrize("file_format", ["PNG", "PNG16", "JPG"])
def test_who_fixes_the_format_is_told(edit: Edit, file_format: str) -> None:
    pair(edit, "from_file", "B")
    edit.settings.format, edit.settings.bright_as_exr = file_format, False
    bpy.ops.fcvg.generate_inbetweens()
    (strip,) = [each for _, each in strips.ours()]
    assert strip.fcvg.format == file_format.lower()
    edit.select(strip.name)
    assert any("brighter than white" in text for text in drawn(record_panel.FCVG_PT_record).texts)


@pytest.mark.parametrize("file_format", ["PNG", "PNG16"])
@pytest.mark.parametrize("look", ["plain", "turned", "float", "glow"])
def test_what_is_no_brighter_than_white_stays_in_the_format(edit: Edit, file_format: str, look: str) -> None:
    """White paper, and pictures that Blender has computed with."""
    two_strips(edit)
    white = edit.image("White", np.full((HEIGHT, WIDTH, 4), 255, np.uint8), 1, 30, 40)
    edit.image("After", noise(3, soft=True), 1, 45, 50)
    for name in ("White", "After"):
        strip = edit.named(name)
        if look == "turned":
            strip.transform.rotation, strip.transform.scale_x = 0.3, 1.2
        elif look == "float":
            strip.use_float = True
        elif look == "glow":
            strip.blend_alpha = 0.5
    edit.settings.format = file_format
    edit.select("White", "After")
    bpy.ops.fcvg.generate_inbetweens()
    (strip,) = [each for _, each in strips.ours()]
    assert (strip.fcvg.format, strip.fcvg.key_notes) == (file_format.lower(), "")
    assert white.name == "White"


@pytest.mark.parametrize("again", [strip_pictures.sync, strip_takes.refresh])
def test_undo_to_before_the_keys_were_rendered_shows_the_frames_as_bright(edit: Edit, again: Any) -> None:
    """Undo brings back the record of before; the frames are there."""
    pair(edit, "from_file", "AB")
    bpy.ops.fcvg.generate_inbetweens()
    (strip,) = [each for _, each in strips.ours()]
    strip.fcvg.format, strip.fcvg.format_asked = "png", ""
    strip_pictures.set_pixels(strip, "png")
    again(strip)
    assert (strip.fcvg.format, strip.fcvg.format_asked) == ("exr", "png")
    assert np.abs(seen(edit, KEY, "AgX") - seen(edit, KEY + 2, "AgX")).mean() < 1
