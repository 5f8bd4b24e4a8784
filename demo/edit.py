# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds an edit with two frames of a film 24 apart and fills the gap through the add-on's operator, in real Blender.

python -m demo.edit OUT        (a Python that has the bpy wheel) reads OUT/bigbuckbunny.mp4, writes
                               OUT/true/*.png, OUT/bunny.blend, OUT/inbetweens/…, OUT/bunny.mp4
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import bpy

import fcvg_blender

FIRST = 60  # frame of the clip that becomes the first key
APART = 24
KEY_LENGTH = 12  # frames each key is held in the edit
WIDTH, HEIGHT, FPS = 1280, 720, 25


def new_scene() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.fps = FPS
    scene.view_settings.view_transform = "Standard"
    scene.sequence_editor_create()
    return scene


def extract_true_frames(clip: Path, folder: Path) -> list[Path]:
    """The two keys and every film frame between them, as PNG files."""
    scene = new_scene()
    scene.sequence_editor.strips.new_movie("clip", str(clip), channel=1, frame_start=1)
    scene.render.image_settings.file_format = "PNG"
    paths = []
    for number in range(FIRST, FIRST + APART + 1):
        path = folder / f"{number:04d}.png"
        scene.frame_set(number)
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        paths.append(path)
    return paths


def add_key(scene: bpy.types.Scene, name: str, path: Path, frame: int) -> bpy.types.Strip:
    strip = scene.sequence_editor.strips.new_image(name, str(path), channel=1, frame_start=frame)
    strip.frame_final_duration = KEY_LENGTH
    return strip


def render_film(scene: bpy.types.Scene, path: Path) -> None:
    settings = scene.render
    settings.image_settings.file_format = "FFMPEG"
    settings.ffmpeg.format = "MPEG4"
    settings.ffmpeg.codec = "H264"
    settings.ffmpeg.constant_rate_factor = "HIGH"
    settings.filepath = str(path)
    bpy.ops.render.render(animation=True)


def main(out: Path) -> None:
    for made_before in ("true", "inbetweens"):
        shutil.rmtree(out / made_before, ignore_errors=True)
    true_frames = extract_true_frames(out / "bigbuckbunny.mp4", out / "true")

    fcvg_blender.register()
    scene = new_scene()
    bpy.context.preferences.filepaths.save_version = 0
    first = add_key(scene, "Key A", true_frames[0], 1)
    second = add_key(scene, "Key B", true_frames[-1], KEY_LENGTH + APART)
    scene.frame_start, scene.frame_end = 1, second.frame_final_end - 1
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "bunny.blend"))
    for strip in scene.sequence_editor.strips_all:
        strip.select = strip in (first, second)

    bpy.ops.fcvg.generate_inbetweens()

    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_mainfile()
    render_film(scene, out / "bunny.mp4")
    fcvg_blender.unregister()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
