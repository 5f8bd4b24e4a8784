# SPDX-License-Identifier: GPL-3.0-or-later
"""A toon-shaded 3D shot out of five rendered keyframes: how near the inbetweens come to the frames they stand for.

    .venv-blender/bin/python -m benchmarks.toon_shot OUT [--method auto] [--step 2]
    .venv/bin/python -m benchmarks.toon_sheet OUT

A puppet waves, turns and hops before shelves, the camera drifts; one pose on each of the frames 1, 25, 49, 73 and 97.
The product's own operator renders the five and makes the 92 frames between them. Then every `--step`-th frame is
rendered for comparison. Writes OUT/shot.blend, OUT/made/*.png, OUT/true/*.png, OUT/times.json. FCVG_ENGINE_PYTHON
names the engine's Python.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import time
from pathlib import Path
from typing import Any

import bpy
from cycles import engine as cycles_engine

import fcvg_blender
from benchmarks.cartoons import Place, Stage
from fcvg_blender import compat

KEYS = (1, 25, 49, 73, 97)
SIZE = (640, 360)
SAMPLES = 4

# Of each key: place and turn in degrees of the body, turn of the head, swing of the arms, and the camera's place.
POSES = (
    ((-1.6, 0.0, 1.7), -8, 0, 8, (-0.3, -9.0, 2.2)),
    ((-0.9, 0.0, 1.95), 4, 16, 38, (-0.15, -9.0, 2.25)),
    ((0.0, 0.0, 1.7), 12, -12, 12, (0.0, -9.0, 2.3)),
    ((0.8, 0.0, 2.05), 0, -22, 44, (0.15, -9.0, 2.25)),
    ((1.5, 0.0, 1.7), -10, 6, 6, (0.3, -9.0, 2.2)),
)


def build() -> Stage:
    """The shot, animated, as the active scene."""
    stage = Stage()
    scene = stage.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.cycles.samples, scene.render.use_freestyle = SAMPLES, False
    scene.render.image_settings.compression = 15  # quick to write; nothing is kept
    scene.frame_start, scene.frame_end = KEYS[0], KEYS[-1]
    stage.box((0.80, 0.72, 0.55), (0, 3, 2), (16, 0.2, 6))
    stage.box((0.50, 0.36, 0.26), (0, 0, -0.1), (16, 8, 0.2))
    for shelf in range(3):
        stage.box((0.45, 0.28, 0.18), (3.4, 2.6, 0.9 + shelf), (2.6, 0.5, 0.1))
        for book in range(5):
            colour = ((0.7, 0.2, 0.2), (0.2, 0.45, 0.3), (0.85, 0.6, 0.2), (0.25, 0.3, 0.6))[(book + shelf) % 4]
            stage.box(colour, (2.5 + book * 0.4, 2.5, 1.25 + shelf), (0.28, 0.4, 0.5 + 0.06 * (book % 3)))
    stage.box((0.55, 0.75, 0.9), (-3.2, 2.85, 2.6), (1.8, 0.1, 1.6))

    body = stage.joint((0, 0, 0))
    stage.ball((0.30, 0.50, 0.75), (0, 0, 0), (1.3, 1.0, 1.5), body)
    stage.ball((0.92, 0.86, 0.75), (0, -0.32, -0.05), (0.8, 0.5, 0.9), body)
    head = stage.joint((0, 0, 1.05), body)
    stage.ball((0.92, 0.72, 0.55), (0, 0, 0.1), (1.0, 0.95, 0.95), head)
    for side in (-1, 1):
        stage.ball((0.98, 0.98, 0.98), (side * 0.2, -0.42, 0.18), (0.26, 0.14, 0.3), head)
        stage.ball((0.08, 0.08, 0.12), (side * 0.2, -0.49, 0.16), (0.11, 0.06, 0.14), head)
        stage.ball((0.45, 0.25, 0.15), (side * 0.42, 0.0, 0.55), (0.36, 0.3, 0.36), head)
    arms = []
    for side in (-1, 1):
        arm = stage.joint((side * 0.6, 0, 0.35), body)
        stage.ball((0.85, 0.40, 0.25), (side * 0.12, 0, -0.45), (0.3, 0.32, 1.0), arm)
        stage.ball((0.92, 0.72, 0.55), (side * 0.16, 0, -0.95), (0.3, 0.3, 0.3), arm)
        arms.append((side, arm))
        stage.drum((0.25, 0.30, 0.45), (side * 0.3, 0, -0.95), (0.36, 0.4, 0.8), body)
    _animate(stage, body, head, arms)
    bpy.ops.object.select_all(action="DESELECT")
    for thing in (body, head, stage.camera, *(arm for _, arm in arms)):
        thing.select_set(True)
    return stage


def _animate(stage: Stage, body: Any, head: Any, arms: list[tuple[int, Any]]) -> None:
    for frame, (place, turn, nod, swing, eye) in zip(KEYS, POSES, strict=True):
        body.location, body.rotation_euler.z = place, math.radians(turn)
        head.rotation_euler.z = math.radians(nod)
        for side, arm in arms:
            arm.rotation_euler.y = math.radians(-side * swing)
        _aim(stage, eye)
        for thing in (body, head, stage.camera, *(arm for _, arm in arms)):
            thing.keyframe_insert("location", frame=frame)
            thing.keyframe_insert("rotation_euler", frame=frame)
    for thing in (body, head, stage.camera, *(arm for _, arm in arms)):
        for curve in compat.fcurves(thing):
            for point in curve.keyframe_points:
                point.interpolation = "LINEAR"  # inbetweens are spaced evenly here, and it is their drawing that counts


def _aim(stage: Stage, eye: Place) -> None:
    stage.camera.location = eye
    stage.camera.rotation_euler = (math.radians(86), 0, 0)


class Renders:
    """How often Cycles has really rendered."""

    def __init__(self) -> None:
        self.count = 0
        self._render = cycles_engine.render
        cycles_engine.render = self._counted

    def _counted(self, *arguments: Any) -> Any:
        self.count += 1
        return self._render(*arguments)


def inbetween(out: Path, method: str) -> dict[str, Any]:
    """Click, and copy every frame of the edit to OUT/made."""
    renders, began_s = Renders(), time.monotonic()
    bpy.context.scene.fcvg.method = method.upper()
    bpy.ops.fcvg.inbetween_keyframes()
    seconds = time.monotonic() - began_s
    assert renders.count == len(KEYS), f"{renders.count} renders for {len(KEYS)} keys"
    edit = bpy.data.scenes["Scene Edit"]
    methods = set()
    for strip in compat.all_strips(edit):
        first = compat.left(strip)
        for number, element in enumerate(strip.elements):
            if number < compat.right(strip) - first:
                source = Path(bpy.path.abspath(strip.directory), element.filename)
                shutil.copyfile(source, out / "made" / f"{first + number:04d}.png")
        methods |= {strip.fcvg.method_used} if strip.fcvg.id else set()
    bpy.ops.wm.save_mainfile()
    return {"seconds": seconds, "renders": renders.count, "methods": sorted(methods), "keys": KEYS}


def render_true(scene: Any, out: Path, step: int) -> float:
    """Every `step`-th frame between the keys as the scene renders it; seconds a frame."""
    began_s, frames = time.monotonic(), [f for f in range(KEYS[0], KEYS[-1], step) if f not in KEYS]
    for frame in frames:
        scene.frame_set(frame)
        scene.render.filepath = str(out / "true" / f"{frame:04d}.png")
        bpy.ops.render.render(write_still=True)
    return (time.monotonic() - began_s) / len(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--method", default="auto")
    parser.add_argument("--step", type=int, default=1, choices=range(1, 25), metavar="1 … 24")
    options = parser.parse_args()
    out = options.out.resolve()
    for folder in ("made", "true", "inbetweens"):
        shutil.rmtree(out / folder, ignore_errors=True)
        (out / folder).mkdir(parents=True)
    fcvg_blender.register()
    stage = build()
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "shot.blend"))
    facts = inbetween(out, options.method)
    facts["true_seconds"] = render_true(stage.scene, out, options.step)
    (out / "times.json").write_text(json.dumps(facts, indent=2) + "\n")
    fcvg_blender.unregister()


if __name__ == "__main__":
    main()
