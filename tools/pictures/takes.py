# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of docs/takes.md: a painted drawing in the list of takes, and the question before it is made anew."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import numpy as np
import studio
from studio import stage

ROBOT = studio.CARTOONS / "robot"
FRAME = 30
PAINT = (0.8, 0.08, 0.05, 1.0)


def paint_over(path: Path) -> None:
    """A thick cross, as nobody would draw it."""
    image = bpy.data.images.load(str(path))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)
    y, x = np.mgrid[:height, :width]
    from_middle = x - width // 2, y - height // 2
    near = np.minimum(abs(from_middle[0] - from_middle[1]), abs(from_middle[0] + from_middle[1])) < height // 50
    pixels[near & (np.hypot(*from_middle) < height // 4)] = PAINT
    image.pixels.foreach_set(pixels.ravel())
    image.save()
    bpy.data.images.remove(image)


def steps() -> stage.Steps:
    stage.register()
    scene = studio.new_edit(
        (1024, 576), [("Robot A", ROBOT / "start.png", 1, 24), ("Robot B", ROBOT / "end.png", 37, 24)]
    )
    scene.frame_current = FRAME
    yield from studio.sequencer()
    studio.operate("generate_inbetweens")
    yield from stage.until(lambda: stage.ours() and stage.ours().fcvg.state == "DONE", "all drawings", 120)
    strip = stage.ours()
    element = strip.elements[FRAME - int(strip.left_handle)]
    paint_over(Path(bpy.path.abspath(strip.directory)) / element.filename)
    bpy.ops.sequencer.refresh_all()
    yield from stage.until(lambda: stage.ours().fcvg.yours == 1, "the drawing counted as the artist's", 60)
    yield from studio.point(300, 400)
    studio.operate("redo_yours")
    yield 1.0
    studio.shoot("takes-yours", studio.area_box(stage.timeline()))


stage.perform(steps)
