# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/troubleshooting.md: a key that was painted over, and a method whose model is not here."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import numpy as np
import studio
from studio import stage

ROBOT = studio.CARTOONS / "robot"
YELLOW, GREEN = (0.98, 0.96, 0.58), (0.45, 0.82, 0.45)
NEAR = 0.08


def repaint(path: Path) -> None:
    """What is yellow becomes green."""
    image = bpy.data.images.load(str(path))
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    seen = pixels.reshape(-1, 4)
    seen[(np.abs(seen[:, :3] - YELLOW) < NEAR).all(axis=1), :3] = GREEN
    image.pixels.foreach_set(pixels)
    image.save()
    bpy.data.images.remove(image)


def steps() -> stage.Steps:
    stage.register()
    files = [
        Path(shutil.copy(ROBOT / f"{name}.png", stage.out_dir() / f"robot_{name}.png")) for name in ("start", "end")
    ]
    scene = studio.new_edit((1024, 576), [("Robot A", files[0], 1, 24), ("Robot B", files[1], 37, 24)])
    scene.fcvg.method = "RIFE"
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.out_dir() / "robot.blend"))
    yield from studio.sequencer()
    studio.operate("generate_inbetweens")
    yield from stage.until(lambda: stage.ours() and stage.ours().fcvg.state == "DONE", "the drawings", 120)
    repaint(files[0])
    bpy.ops.sequencer.refresh_all()
    scene.frame_current = 12
    yield from stage.until(lambda: stage.ours().fcvg.stale, "the badge")
    yield 1.0
    studio.shoot("badge", studio.area_box(stage.timeline()))

    scene.sequence_editor.active_strip = None
    for strip in scene.sequence_editor.strips:
        strip.select = not strip.fcvg.id
    scene.fcvg.method = "FILM"
    yield 1.0
    studio.shoot("lacking", studio.sidebar())


stage.perform(steps)
