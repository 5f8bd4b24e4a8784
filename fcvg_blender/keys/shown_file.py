# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells whether Blender's sequencer shows a picture file. Loaders do not tell: some files that they read are not shown,
and some that they refuse are."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import bpy
import imbuf
import numpy as np

from .. import compat
from ..edit import animation
from ..engine import small_files

_SIDE_PX = 32
_ANIMATED = 2  # flag of a WebP
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}  # with the order of its bytes
_BIG_TIFF = (b"II+\0", b"MM\0+")
_OFFSETS, _SIZES = (273, 324), (279, 325)  # tags that say where pixels lie, in strips or tiles
_NUMBERS = {3: ("H", 2), 4: ("I", 4)}  # types of numbers
_MOST_PIECES = 1 << 20


def is_shown(path: Path) -> bool:
    """Whether the sequencer shows the picture. One that is empty, and whole, counts as shown."""
    if _is_loaded(path):
        return _is_whole(path) or _is_seen(path)
    return _is_seen(path)


def _is_loaded(path: Path) -> bool:
    try:
        imbuf.load(str(path)).free()
    except (OSError, ValueError):  # ValueError: what it holds is no image
        return False
    return True


def _is_whole(path: Path) -> bool:
    """Whether nothing of a file is missing that Blender's loader would not miss, and nothing is in it that it skips."""
    try:
        small_files.require_file(path)
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(32)
            if head[:4] in _TIFF:
                return _tiff_end(stream, _TIFF[head[:4]]) <= size
    except (OSError, struct.error):
        return False
    if head[:4] in _BIG_TIFF:
        return False
    if head[:4] != b"RIFF":
        return True
    is_animated = head[12:16] == b"VP8X" and head[20] & _ANIMATED
    return not is_animated and size >= int.from_bytes(head[4:8], "little") + 8


def _tiff_end(stream: BinaryIO, order: str) -> int:
    """Where the pixels of the first picture of a TIFF end, in bytes from its beginning. Raises struct.error where the
    file ends before it says so."""
    stream.seek(4)
    stream.seek(*struct.unpack(order + "I", stream.read(4)))
    (count,) = struct.unpack(order + "H", stream.read(2))
    entries = [struct.unpack(order + "HHI4s", stream.read(12)) for _ in range(count)]
    found: dict[int, tuple[int, ...]] = {}
    for tag, kind, length, value in entries:
        if tag in _OFFSETS + _SIZES and kind in _NUMBERS and length < _MOST_PIECES:
            letter, width = _NUMBERS[kind]
            content = value
            if length * width > len(value):
                stream.seek(*struct.unpack(order + "I", value))
                content = stream.read(length * width)
            found[tag] = struct.unpack(f"{order}{length}{letter}", content[: length * width])
    pieces = (
        zip(found.get(one, ()), found.get(other, ()), strict=False) for one, other in zip(_OFFSETS, _SIZES, strict=True)
    )
    return max((offset + size for each in pieces for offset, size in each), default=0)


def _is_seen(path: Path) -> bool:
    """Whether anything shows when nothing but this file is in an edit."""
    with animation.handlers_aside("render_", "frame_", "depsgraph_"):
        had_result = "Render Result" in bpy.data.images
        scene: Any = bpy.data.scenes.new("Probe")
        try:
            with tempfile.TemporaryDirectory(dir=bpy.app.tempdir) as scratch:
                return _renders(scene, path, Path(scratch, "probe.png"))
        finally:
            bpy.data.scenes.remove(scene)
            result = bpy.data.images.get("Render Result")
            if result is not None and not had_result:
                bpy.data.images.remove(result)


def _renders(scene: Any, path: Path, probe: Path) -> bool:
    render = scene.render
    render.resolution_x = render.resolution_y = _SIDE_PX
    render.resolution_percentage, render.use_compositing, render.dither_intensity = 100, False, 0.0
    compat.set_file_format(render.image_settings, "PNG")
    render.image_settings.color_mode = "RGBA"
    render.filepath = compat.literal(probe)
    scene.sequence_editor_create()
    compat.set_known(scene.sequence_editor, "show_missing_media", False)
    strip = compat.strips(scene).new_image(
        name=path.name, filepath=str(path), channel=1, frame_start=1, fit_method="STRETCH"
    )
    scene.frame_current = compat.left(strip)
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    image: Any = bpy.data.images.load(str(probe))
    try:
        pixels = np.empty((image.size[0] * image.size[1], image.channels), np.float32)
        image.pixels.foreach_get(pixels.ravel())
    finally:
        bpy.data.images.remove(image)
    return bool(pixels[:, 3].any())
