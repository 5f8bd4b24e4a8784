# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds edits for tests, and sees them as an artist does: rendered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from pictures import write_png

from fcvg_blender import compat

WIDTH, HEIGHT = 64, 36


def noise(seed: int, soft: bool = False) -> np.ndarray[Any, Any]:
    """A picture, uint8 [H, W, 4], no two pixels alike; with `soft` its lower half has every degree of transparency."""
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    pixels[: HEIGHT // 2 if soft else HEIGHT, :, 3] = 255
    return pixels


@dataclass
class Edit:
    """The edit of `scene`; `folder` takes the files of its strips."""

    scene: Any
    folder: Path

    def __post_init__(self) -> None:
        self.scene.render.resolution_x, self.scene.render.resolution_y = WIDTH, HEIGHT
        self.scene.sequence_editor_create()

    @property
    def settings(self) -> Any:
        """The artist's choices."""
        return self.scene.fcvg

    def named(self, name: str) -> Any:
        """The strip of that name, wherever it lies."""
        return next(strip for strip in compat.all_strips(self.scene) if strip.name == name)

    def picture(self, file: str, pixels: np.ndarray[Any, Any]) -> Path:
        """A PNG file of the edit."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return write_png(self.folder / file, pixels)

    def image(self, name: str, pixels: np.ndarray[Any, Any], channel: int, left: int, right: int) -> Any:
        """An image strip shown on frames `left` … `right - 1`."""
        path = self.picture(f"{name}.png", pixels)
        strip = compat.strips(self.scene).new_image(
            name=name, filepath=str(path), channel=channel, frame_start=left, fit_method="ORIGINAL"
        )
        compat.set_right(strip, right)
        return strip

    def sequence(self, name: str, pictures: list[np.ndarray[Any, Any]], channel: int, left: int) -> Any:
        """An image sequence strip, one picture a frame."""
        paths = [self.picture(f"{name}{number}.png", pixels) for number, pixels in enumerate(pictures)]
        strip = compat.strips(self.scene).new_image(
            name=name, filepath=str(paths[0]), channel=channel, frame_start=left, fit_method="ORIGINAL"
        )
        for path in paths[1:]:
            strip.elements.append(path.name)
        return strip

    def colour(self, name: str, channel: int, left: int, right: int, colour: tuple[float, ...] = (1, 1, 1)) -> Any:
        """A colour strip shown on frames `left` … `right - 1`."""
        strip = self.effect(name, "COLOR", channel, left, right)
        strip.color = colour
        return strip

    def effect(self, name: str, kind: str, channel: int, left: int, right: int, *inputs: Any) -> Any:
        """An effect strip; `left` and `right` count for those without inputs only."""
        strips = compat.strips(self.scene)
        known = strips.bl_rna.functions["new_effect"].parameters.keys()
        end = {"frame_end": right} if "frame_end" in known else {"length": right - left}
        names = ("seq1", "seq2") if "seq1" in known else ("input1", "input2")
        sources = dict(zip(names, inputs, strict=False))
        return strips.new_effect(name=name, type=kind, channel=channel, frame_start=left, **end, **sources)

    def meta(self, name: str, channel: int, *contents: Any) -> Any:
        """A meta strip of some strips."""
        strip = compat.strips(self.scene).new_meta(
            name=name, channel=channel, frame_start=min(compat.left(each) for each in contents)
        )
        for each in contents:
            if each.parent_meta() is None:  # an effect comes with its inputs
                each.move_to_meta(strip)
        compat.set_right(strip, max(compat.right(each) for each in compat.contents(strip)))
        return strip

    def movie(self, file: str, colours: list[tuple[float, ...]]) -> Path:
        """A movie file with one colour a frame, made by Blender."""
        scene = bpy.data.scenes.new("Movie")
        film = Edit(scene, self.folder)
        for frame, colour in enumerate(colours, 1):
            film.colour(str(frame), 1, frame, frame + 1, colour)
        settings, scene.frame_end = scene.render.image_settings, len(colours)
        if hasattr(settings, "media_type"):
            settings.media_type = "VIDEO"
        settings.file_format = "FFMPEG"
        scene.render.ffmpeg.format, scene.render.ffmpeg.codec = "MPEG4", "H264"
        scene.render.filepath, scene.render.use_file_extension = str(self.folder / file), False
        scene.view_settings.view_transform = "Standard"
        with bpy.context.temp_override(scene=scene):
            bpy.ops.render.render(animation=True)
        bpy.data.scenes.remove(scene)
        return self.folder / file

    def select(self, *names: str) -> list[Any]:
        """Select these strips of the open level and no others; the last becomes the active one."""
        for strip in compat.strips(self.scene):
            strip.select = strip.name in names
        self.scene.sequence_editor.active_strip = self.named(names[-1]) if names else None
        return compat.selected_strips(bpy.context)

    def layout(self) -> dict[str, tuple[int, int, int]]:
        """Channel, first frame and end of each strip."""
        return {
            strip.name: (strip.channel, compat.left(strip), compat.right(strip))
            for strip in compat.all_strips(self.scene)
        }

    def rendered(self, frame: int) -> np.ndarray[Any, Any]:
        """The edit on a frame with a plain view, uint8 [H, W, 4]; leaves the scene's settings changed."""
        self.scene.view_settings.view_transform = "Standard"
        self.scene.render.dither_intensity = 0.0
        compat.set_file_format(self.scene.render.image_settings, "PNG")
        self.scene.render.image_settings.color_mode = "RGBA"
        self.scene.frame_current = frame
        self.scene.render.filepath = str(self.folder / "rendered.png")
        with bpy.context.temp_override(scene=self.scene):
            bpy.ops.render.render(write_still=True)
        return np.rint(read(self.folder / "rendered.png") * 255).astype(np.uint8)


def read(path: Path) -> np.ndarray[Any, Any]:
    """A picture file as stored, float32 [H, W, 4]; EXR is scene-linear and premultiplied, PNG straight."""
    image = bpy.data.images.load(str(path))
    exr = path.suffix == ".exr"
    image.colorspace_settings.name = compat.LINEAR if exr else "Non-Color"
    image.alpha_mode = "PREMUL" if exr else "STRAIGHT"
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(image.size[1], image.size[0], 4)[::-1]
    bpy.data.images.remove(image)
    return pixels
