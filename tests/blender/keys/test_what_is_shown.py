# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file can be a key is decided by what the sequencer shows of it, not by a loader."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from edits import HEIGHT, WIDTH, Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import gaps, take_files
from fcvg_blender.engine import errors
from fcvg_blender.keys import render_keys

FORMATS = {
    "PNG": "png",
    "JPEG": "jpg",
    "OPEN_EXR": "exr",
    "TIFF": "tif",
    "WEBP": "webp",
    "DPX": "dpx",
    "CINEON": "cin",
    "TARGA": "tga",
    "TARGA_RAW": "tga",
    "BMP": "bmp",
    "HDR": "hdr",
    "JPEG2000": "jp2",
}


def saved(edit: Edit, file_format: str) -> Path:
    """A picture as Blender writes this format."""
    image = bpy.data.images.new("Picture", WIDTH, HEIGHT, alpha=True)
    image.pixels.foreach_set((noise(1).astype(np.float32) / 255).ravel())
    settings = edit.scene.render.image_settings
    try:
        compat.set_file_format(settings, file_format)
    except TypeError:
        pytest.skip("This Blender writes no such files")
    settings.color_mode = "RGB"
    path = edit.folder / f"picture.{FORMATS[file_format]}"
    image.save_render(str(path), scene=edit.scene)
    return path


def strip_of(edit: Edit, path: Path) -> Any:
    strip = compat.strips(edit.scene).new_image(
        name="A", filepath=str(path), channel=1, frame_start=1, fit_method="ORIGINAL"
    )
    compat.set_right(strip, 11)
    edit.image("Z", noise(2), 1, 20, 30)
    return strip


def key(edit: Edit) -> Path:
    shot = gaps.from_selection(edit.scene, edit.select("A", "Z"), edit.settings)
    return render_keys.write_key(edit.scene, shot, take_files.START, edit.folder, "png16")


def shows_something(edit: Edit) -> bool:
    """Whether the artist sees anything of A, other than the colour of what is missing."""
    compat.set_known(edit.scene.sequence_editor, "show_missing_media", False)
    return bool(edit.rendered(5)[..., 3].any())


def assert_taken_as_shown(edit: Edit) -> None:
    if shows_something(edit):
        assert key(edit).is_file()
    else:
        with pytest.raises(errors.BadImage, match="The file of “A” cannot be read"):
            key(edit)


@pytest.mark.parametrize("left", [1.0, 0.9, 0.5, 0.1])
@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("cut_before", [False, True])
def test_whole_and_cut_files(edit: Edit, file_format: str, left: float, cut_before: bool) -> None:
    """Files are cut before the strip is made, or after."""
    path = saved(edit, file_format)
    if not cut_before:
        strip_of(edit, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * left)])
    if cut_before:
        strip_of(edit, path)
    if left == 1.0:
        assert shows_something(edit)
    assert_taken_as_shown(edit)


def test_an_animated_webp_of_one_frame(edit: Edit) -> None:
    path = saved(edit, "WEBP")
    content = path.read_bytes()
    start = content.index(b"VP8", 12)
    length = struct.unpack("<I", content[start + 4 : start + 8])[0]
    inside = content[start : start + 8 + length + length % 2]
    size = struct.pack("<I", WIDTH - 1)[:3] + struct.pack("<I", HEIGHT - 1)[:3]
    frame = bytes(6) + size + bytes(3) + b"\0" + inside
    chunks = (
        b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size,
        b"ANIM" + struct.pack("<I", 6) + bytes(6),
        b"ANMF" + struct.pack("<I", len(frame)) + frame,
    )
    body = b"WEBP" + b"".join(chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    strip_of(edit, path)
    assert_taken_as_shown(edit)


@pytest.mark.parametrize("kind", ["multilayer", "multilayer in 32 bits"])
def test_an_exr_of_layers_that_blender_shows_is_taken(edit: Edit, kind: str) -> None:
    scene = bpy.data.scenes.new("Render")
    render = scene.render
    render.resolution_x, render.resolution_y, render.engine = WIDTH, HEIGHT, "BLENDER_WORKBENCH"
    film = Edit(scene, edit.folder)
    film.image("Inside", noise(4), 1, 1, 3)
    settings = render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth = "32" if "32" in kind else "16"
    render.resolution_percentage = 100
    render.filepath = str(edit.folder / "layers.exr")
    scene.frame_current = 1
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    bpy.data.scenes.remove(scene)
    strip_of(edit, edit.folder / "layers.exr")
    assert shows_something(edit)
    assert_taken_as_shown(edit)


def tiff(pixels: np.ndarray[Any, Any], rows: int) -> bytes:
    """An uncompressed RGBA TIFF, its directory before the pixels, with so many rows a strip."""
    height, width, _ = pixels.shape
    count = -(-height // rows)
    begin, extra = 8 + 2 + 12 * 11 + 4, 8 + 8 * count
    first, row = begin + extra, width * 4
    offsets = [first + each * rows * row for each in range(count)]
    sizes = [min(rows, height - each * rows) * row for each in range(count)]
    at = begin + 8
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 4, begin),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, count, at if count > 1 else first),
        (277, 3, 1, 4),
        (278, 4, 1, rows),
        (279, 4, count, at + 4 * count if count > 1 else sizes[0]),
        (284, 3, 1, 1),
        (338, 3, 1, 2),
    ]
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(struct.pack("<HHII", *each) for each in entries)
    lists = struct.pack(f"<{count}I{count}I", *offsets, *sizes)
    return head + bytes(4) + struct.pack("<4H", 8, 8, 8, 8) + lists + pixels.tobytes()


@pytest.mark.parametrize("rows", [1, 6, HEIGHT])
@pytest.mark.parametrize("left", [1.0, 0.8, 0.5, 0.2])
def test_cut_tiff_without_compression(edit: Edit, rows: int, left: float) -> None:
    content = tiff(noise(5), rows)
    path = edit.folder / "picture.tif"
    path.write_bytes(content)
    strip_of(edit, path)
    if left == 1.0:
        assert shows_something(edit)
    path.write_bytes(content[: int(len(content) * left)])
    assert_taken_as_shown(edit)


@pytest.mark.parametrize("rows", [1, HEIGHT])
def test_an_empty_tiff_is_a_key(edit: Edit, rows: int) -> None:
    path = edit.folder / "empty.tif"
    path.write_bytes(tiff(np.zeros((HEIGHT, WIDTH, 4), np.uint8), rows))
    strip_of(edit, path)
    assert key(edit).is_file()


def test_an_empty_drawing_is_a_key(edit: Edit) -> None:
    """It shows nothing, and is whole."""
    strip_of(edit, edit.picture("empty.png", np.zeros((HEIGHT, WIDTH, 4), np.uint8)))
    edit.named("A").transform.rotation = 0.1
    assert key(edit).is_file()
