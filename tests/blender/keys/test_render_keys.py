# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys are what each strip shows by itself, to the last bit, and writing them leaves no trace."""

from __future__ import annotations

import resource
import signal
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from edits import HEIGHT, WIDTH, Edit, noise, read
from pictures import png_bytes, write_png

from fcvg_blender import compat
from fcvg_blender.edit import gaps
from fcvg_blender.engine import errors
from fcvg_blender.keys import render_keys


def keys_of(edit: Edit, start: str, end: str, file_format: str = "png") -> tuple[np.ndarray[Any, Any], ...]:
    """Both keys of two strips, float32 [H, W, 4]."""
    shot = gaps.from_selection(edit.scene, edit.select(start, end), edit.settings)
    folder = edit.folder / "job"
    folder.mkdir(exist_ok=True)
    return tuple(read(path) for path in render_keys.write_keys(edit.scene, shot, folder, file_format))


def as_bytes(key: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.rint(key * 255).astype(np.uint8)


def assert_same_picture(key: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
    """Equal to the last bit of 8; under transparent pixels no colour is seen."""
    found, seen = as_bytes(key), source[..., 3] > 0
    assert (found[..., 3] == source[..., 3]).all()
    assert (found[seen] == source[seen]).all()


def state_of_blender() -> dict[str, Any]:
    """What must not change: data-blocks, settings of the scene, strips, selection."""
    scene = bpy.context.scene
    blocks = {name: len(getattr(bpy.data, name)) for name in ("scenes", "images", "actions", "sounds", "worlds")}
    render = scene.render
    return {
        **blocks,
        "frame": scene.frame_current,
        "view": (scene.view_settings.view_transform, scene.view_settings.look, scene.view_settings.exposure),
        "render": (render.filepath, render.resolution_percentage, render.image_settings.file_format, render.use_stamp),
        "strips": [(s.name, s.select, s.mute, s.blend_type, s.blend_alpha) for s in compat.all_strips(scene)],
        "channels": [channel.mute for channel in scene.sequence_editor.channels],
        "active": scene.sequence_editor.active_strip.name,
        "metas": [meta.name for meta in scene.sequence_editor.meta_stack],
    }


@pytest.mark.parametrize("rendered", [False, True])
def test_keys_are_the_pictures_to_the_last_bit(edit: Edit, rendered: bool) -> None:
    """8-bit PNG with soft alpha, whatever the scene does to what it shows: AgX, exposure, another display, a stamp."""
    a, b = noise(1, soft=True), noise(2)
    edit.image("A", a, 1, 1, 25)
    edit.image("B", b, 2, 37, 60)
    edit.scene.render.resolution_percentage = 10
    edit.scene.view_settings.exposure, edit.scene.view_settings.gamma = 2.0, 1.5
    edit.scene.view_settings.look = "AgX - Punchy"
    if rendered:
        edit.named("A").modifiers.new("Nothing", "BRIGHT_CONTRAST")
        edit.named("B").modifiers.new("Nothing", "BRIGHT_CONTRAST")
    edit.scene.display_settings.display_device = "Display P3"
    edit.scene.render.image_settings.color_management = "OVERRIDE"
    edit.scene.render.dither_intensity = 2.0
    edit.scene.render.use_border = edit.scene.render.use_crop_to_border = True
    edit.scene.render.border_max_x = 0.5
    edit.scene.render.use_stamp = True
    assert edit.scene.view_settings.view_transform == "AgX"
    start, end = keys_of(edit, "A", "B")
    assert_same_picture(start, a)
    assert_same_picture(end, b)


def test_a_picture_shown_as_it_is_on_disk_is_copied(edit: Edit) -> None:
    edit.image("A", noise(1, soft=True), 1, 1, 25)
    edit.image("B", noise(2), 1, 30, 60)
    keys_of(edit, "A", "B")
    for key, source in (("key_start.png", "A.png"), ("key_end.png", "B.png")):
        assert (edit.folder / "job" / key).read_bytes() == (edit.folder / source).read_bytes()


def _brighten(strip: Any) -> None:
    strip.color_multiply = 2.0


def _shift(strip: Any) -> None:
    strip.transform.offset_x = 3.0


def _fade(strip: Any) -> None:
    strip.blend_alpha = 0.5


def _fade_over_time(strip: Any) -> None:
    for frame, alpha in ((1, 1.0), (24, 0.5)):
        strip.blend_alpha = alpha
        strip.keyframe_insert("blend_alpha", frame=frame)
    strip.blend_alpha = 1.0


def _invert(strip: Any) -> None:
    curves = strip.modifiers.new("Curves", "CURVES").curve_mapping
    curves.curves[3].points[0].location, curves.curves[3].points[1].location = (0, 1), (1, 0)


def _other_colours(strip: Any) -> None:
    strip.colorspace_settings.name = "Non-Color"


def _smaller_file(strip: Any) -> None:
    write_png(Path(strip.directory, strip.elements[0].filename), noise(1)[:-1])


def _dark_file(strip: Any) -> None:
    pixels = noise(1)[..., :3]
    rows = [row.tobytes() for row in pixels]
    gamma = {b"iCCP": b"sRGB\0\0" + zlib.compress(b"no profile")}
    Path(strip.directory, strip.elements[0].filename).write_bytes(png_bytes(WIDTH, HEIGHT, 8, 2, rows, gamma))


@pytest.mark.parametrize(
    "change",
    [_brighten, _shift, _fade, _fade_over_time, _invert, _other_colours, _smaller_file, _dark_file],
)
def test_a_picture_that_is_changed_on_its_way_is_rendered(edit: Edit, change: Callable[[Any], None]) -> None:
    edit.image("A", noise(1), 1, 1, 25)
    edit.image("B", noise(2), 1, 30, 60)
    change(edit.named("A"))
    keys_of(edit, "A", "B")
    key = (edit.folder / "job" / "key_start.png").read_bytes()
    assert [*key[24:26]] == [16, 6]


def test_keys_are_16_bit_rgba_png(edit: Edit) -> None:
    """Bytes 24 and 25 of a PNG are its depth and colour type."""
    edit.colour("A", 1, 1, 25, (0.3, 0.6, 0.9))
    edit.colour("B", 1, 30, 60)
    keys_of(edit, "A", "B")
    assert [*(edit.folder / "job" / "key_start.png").read_bytes()[24:26]] == [16, 6]


def test_the_frames_next_to_the_gap_are_taken(edit: Edit) -> None:
    """Trimmed handles count: what is shown, not the content behind it."""
    pictures = [noise(number) for number in range(8)]
    a = edit.sequence("A", pictures, 1, 1)
    compat.set_right(a, 6)  # frames 1 … 5 show pictures 0 … 4
    b = edit.sequence("B", [noise(20 + number) for number in range(8)], 1, 20)
    compat.shift(b, -3)
    compat.set_left(b, 19)  # content starts at 17, so frame 19 shows picture 2
    start, end = keys_of(edit, "A", "B")
    assert_same_picture(start, pictures[4])
    assert_same_picture(end, noise(22))


@pytest.mark.parametrize(("placement", "start", "end"), [("OVER_END", 2, 8), ("OVER_START", 7, 13), ("CENTRED", 5, 11)])
def test_keys_of_strips_that_touch(edit: Edit, placement: str, start: int, end: int) -> None:
    """Five inbetweens lie over frames that stay hidden; the keys are the frames beside those."""
    edit.sequence("A", [noise(number) for number in range(8)], 1, 0)
    edit.sequence("B", [noise(number) for number in range(8, 16)], 1, 8)
    edit.settings.placement, edit.settings.count = placement, 5
    found = keys_of(edit, "A", "B")
    assert_same_picture(found[0], noise(start))
    assert_same_picture(found[1], noise(end))


def test_transform_crop_flip_and_opacity_count(edit: Edit) -> None:
    pixels = noise(3)
    a = edit.image("A", pixels, 1, 1, 25)
    a.use_flip_x = True
    a.transform.offset_x = 10
    a.crop.max_y = 6
    edit.image("B", noise(4), 1, 30, 60)
    start, _ = keys_of(edit, "A", "B")
    moved = np.zeros_like(pixels)
    moved[6:, 10:] = pixels[6:, : WIDTH - 10]
    wanted = moved[:, ::-1]  # Blender flips last
    assert_same_picture(start, wanted)
    a.blend_alpha = 0.5
    start, _ = keys_of(edit, "A", "B")
    assert np.abs(start[20:, :50, 3] - 0.5).max() < 1 / 255
    assert np.abs(start[20:, :50, :3] * 255 - wanted[20:, :50, :3]).max() < 2


def test_modifiers_count(edit: Edit) -> None:
    pixels = np.full((HEIGHT, WIDTH, 4), 100, np.uint8)
    pixels[..., 3] = 255
    a = edit.image("A", pixels, 1, 1, 25)
    a.modifiers.new("brighter", "BRIGHT_CONTRAST").bright = 30
    edit.image("B", pixels, 1, 30, 60)
    start, end = keys_of(edit, "A", "B")
    assert as_bytes(start)[5, 5, 0] > 120
    assert as_bytes(end)[5, 5, 0] == 100


def test_a_strip_is_seen_alone(edit: Edit) -> None:
    """Nothing above or below, not even an effect that is made of it; its blend mode needs nothing below."""
    a, b = noise(5), noise(6)
    strip = edit.image("A", a, 2, 1, 25)
    strip.blend_type = "MULTIPLY"
    edit.colour("Below", 1, 1, 60, (0, 1, 0))
    other = edit.colour("Other", 4, 20, 28, (1, 0, 0))
    edit.effect("Cross", "CROSS", 5, 20, 25, strip, other)
    edit.effect("Adjustment", "ADJUSTMENT", 6, 1, 60).modifiers.new("dark", "BRIGHT_CONTRAST").bright = -90
    edit.image("B", b, 2, 37, 60)
    start, end = keys_of(edit, "A", "B")
    assert_same_picture(start, a)
    assert_same_picture(end, b)


def test_effects_come_with_their_inputs(edit: Edit) -> None:
    red, green = edit.colour("Red", 1, 1, 25, (1, 0, 0)), edit.colour("Green", 2, 1, 25, (0, 1, 0))
    edit.effect("Sum", "ADD", 3, 1, 25, red, green)
    edit.colour("B", 1, 30, 60, (0, 0, 1))
    start, end = keys_of(edit, "Sum", "B")
    assert as_bytes(start)[5, 5].tolist() == pytest.approx([255, 255, 0, 255], abs=1)
    assert as_bytes(end)[5, 5].tolist() == [0, 0, 255, 255]


def test_meta_scene_and_text_strips(edit: Edit) -> None:
    """A meta strip with its contents; a scene strip with that scene's own edit; text."""
    pixels = noise(7)
    edit.meta("Meta", 3, edit.image("Inside", pixels, 1, 1, 25))
    other = Edit(bpy.data.scenes.new("Other"), edit.folder)
    other.colour("Inner", 1, 1, 50, (1, 0, 1))
    scene_strip = compat.strips(edit.scene).new_scene(name="Scene", scene=other.scene, channel=1, frame_start=30)
    scene_strip.scene_input = "SEQUENCER"
    start, end = keys_of(edit, "Meta", "Scene")
    assert_same_picture(start, pixels)
    assert as_bytes(end)[5, 5].tolist() == [255, 0, 255, 255]
    edit.effect("Text", "TEXT", 1, 1, 20).text = "KEY"
    start, _ = keys_of(edit, "Text", "Scene")
    assert 0 < np.count_nonzero(start[..., 3]) < WIDTH * HEIGHT


def test_inside_an_open_meta_strip(edit: Edit) -> None:
    """Keys of the strips in it, without what the meta strip itself adds."""
    a, b = noise(8), noise(9)
    meta = edit.meta("Meta", 1, edit.image("A", a, 1, 1, 25), edit.image("B", b, 1, 30, 40))
    meta.blend_alpha = 0.5
    meta.mute = edit.scene.sequence_editor.channels[1].mute = True
    edit.scene.sequence_editor.display_stack(meta)
    start, end = keys_of(edit, "A", "B")
    assert_same_picture(start, a)
    assert_same_picture(end, b)
    assert [each.name for each in edit.scene.sequence_editor.meta_stack] == ["Meta"]


def test_animation_is_taken_at_the_key_and_left_alone(edit: Edit) -> None:
    """Opacity is animated; the artist has changed it by hand since and wants to find it so."""
    a = edit.colour("A", 1, 1, 25, (1, 1, 1))
    edit.colour("B", 1, 30, 60)
    for frame, opacity in ((10, 0.2), (24, 0.8)):
        a.blend_alpha = opacity
        a.keyframe_insert("blend_alpha", frame=frame)
    edit.scene.frame_set(10)
    a.blend_alpha = 0.55
    start, _ = keys_of(edit, "A", "B")
    assert start[5, 5, 3] == pytest.approx(0.8, abs=1e-4)
    assert edit.named("A").blend_alpha == pytest.approx(0.55)
    assert len(bpy.data.actions) == 1


def test_strips_whose_muting_is_animated_stay_out(edit: Edit) -> None:
    """A strip above the key is unmuted by an F-curve on just that frame."""
    a = noise(13)
    edit.image("A", a, 1, 1, 25)
    above = edit.colour("Above", 2, 1, 28, (1, 0, 0))
    edit.colour("B", 1, 30, 60)
    for frame, mute in ((10, True), (24, False)):
        above.mute = mute
        above.keyframe_insert("mute", frame=frame)
    edit.scene.frame_set(10)
    start, _ = keys_of(edit, "A", "B")
    assert_same_picture(start, a)


def test_exr_keys_are_linear_and_keep_what_is_brighter_than_white(edit: Edit) -> None:
    image = bpy.data.images.new("bright", WIDTH, HEIGHT, float_buffer=True, alpha=True, is_data=True)
    image.pixels.foreach_set(np.tile(np.float32([4.0, 0.5, 0.25, 1.0]), WIDTH * HEIGHT))
    image.filepath_raw, image.file_format = str(edit.folder / "bright.exr"), "OPEN_EXR"
    image.save()
    strips = compat.strips(edit.scene)
    a = strips.new_image(name="A", filepath=image.filepath_raw, channel=1, frame_start=1, fit_method="ORIGINAL")
    a.colorspace_settings.name = compat.LINEAR
    compat.set_right(a, 25)
    edit.colour("B", 1, 30, 60, (1, 1, 1))
    start, _ = keys_of(edit, "A", "B", "exr")
    assert start[5, 5].tolist() == pytest.approx([4.0, 0.5, 0.25, 1.0], rel=1e-3)


def test_no_trace_is_left(edit: Edit) -> None:
    a = edit.image("A", noise(10), 1, 1, 25)
    a.keyframe_insert("blend_alpha", frame=3)
    edit.image("B", noise(11), 1, 30, 60)
    edit.scene.frame_set(7)
    edit.select("A", "B")
    renders: list[Any] = []
    for name in ("render_init", "render_pre", "render_post", "render_write", "render_complete"):
        getattr(bpy.app.handlers, name).append(renders.append)
    before = state_of_blender()
    keys_of(edit, "A", "B")
    assert state_of_blender() == before
    assert renders == []
    assert [len(bpy.app.handlers.render_pre), len(bpy.app.handlers.render_complete)] == [1, 1]
    assert sorted(path.name for path in (edit.folder / "job").glob("[!.]*")) == ["key_end.png", "key_start.png"]


def test_no_trace_is_left_after_an_error(edit: Edit, tmp_path: Path) -> None:
    edit.image("A", noise(10), 1, 1, 25)
    edit.image("B", noise(11), 1, 30, 60)
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    before = state_of_blender()
    with pytest.raises(errors.DiskError, match=r"key_start\.png"):
        render_keys.write_keys(edit.scene, shot, tmp_path / "gone", "png")
    assert state_of_blender() == before


@pytest.mark.parametrize("file_format", ["png", "exr"])
def test_a_full_disk(edit: Edit, file_format: str) -> None:
    """The system's own limit on the size of a file stands for it; for PNG Blender says nothing then."""
    edit.image("A", noise(1), 1, 1, 25)
    edit.image("B", noise(2), 1, 30, 60)
    edit.select("A", "B")
    before = state_of_blender()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    action = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # Blender's Python leaves it to end the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(errors.DiskError):
            keys_of(edit, "A", "B", file_format)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, action)
    assert state_of_blender() == before
    assert not [*(edit.folder / "job").iterdir()]


def test_movie_strips(edit: Edit) -> None:
    """The frame next to the gap, as far as a lossy movie keeps it; a missing or broken movie is named."""
    path = edit.movie("film.mp4", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)])
    for name, left in (("A", 1), ("B", 9)):
        compat.strips(edit.scene).new_movie(
            name=name, filepath=str(path), channel=1, frame_start=left, fit_method="ORIGINAL"
        )
    compat.set_right(edit.named("A"), 4)
    start, end = keys_of(edit, "A", "B")
    assert np.abs(start[5, 5, :3] - [0, 0, 1]).max() < 0.1
    assert np.abs(end[5, 5, :3] - [1, 0, 0]).max() < 0.1
    moved = path.rename(edit.folder / "moved.mp4")
    with pytest.raises(errors.BadImage, match=r"missing.*film\.mp4"):
        keys_of(edit, "A", "B")
    path.write_bytes(moved.read_bytes()[:100])
    with pytest.raises(errors.BadImage, match=r"cannot be read.*film\.mp4"):
        keys_of(edit, "A", "B")


def test_a_scene_strip_without_a_scene(edit: Edit) -> None:
    other = bpy.data.scenes.new("Other")
    strip = compat.strips(edit.scene).new_scene(name="A", scene=other, channel=1, frame_start=1)
    edit.colour("B", 1, compat.right(strip) + 5, compat.right(strip) + 20)
    bpy.data.scenes.remove(other)
    with pytest.raises(errors.BadImage, match="lost its scene"):
        keys_of(edit, "A", "B")


@pytest.mark.parametrize("content", [None, b"", b"<html>not found</html>", b"\x89PNG\r\n\x1a\n\0\0\0"])
def test_a_missing_or_broken_file_is_named(edit: Edit, content: bytes | None) -> None:
    """Rather than a magenta or black key, also deep inside a meta strip and an effect."""
    inside = edit.image("Inside", noise(12), 1, 1, 25)
    blurred = edit.effect("Blur", "GAUSSIAN_BLUR", 2, 1, 25, inside)
    edit.meta("Meta", 3, inside, blurred)
    edit.colour("B", 1, 30, 60)
    path = edit.folder / "Inside.png"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(errors.BadImage, match=r"Inside.*Inside\.png"):
        keys_of(edit, "Meta", "B")
    assert not [*(edit.folder / "job").iterdir()]
