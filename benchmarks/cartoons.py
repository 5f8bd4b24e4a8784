# SPDX-License-Identifier: GPL-3.0-or-later
"""Cartoon pairs with known motion, made in Blender: flat colours in two tones, ink lines, things that move.

    .venv-blender/bin/python -m benchmarks.cartoons tests/cartoons

For each pair: `start.png` and `end.png`, 1024×576, and `motion.npz`: for every fourth pixel of the start key, where
what is seen there lies in the end key. Everything is rigid, so that is exact: the place that a ray meets is carried
along with its object and seen again by the camera of the end.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

WIDTH, HEIGHT = 1024, 576
STRIDE = 4  # pixels between places whose motion is noted
INK_PX = 1.6
SAMPLES = 24

INK = (0.02, 0.02, 0.03)
Place = tuple[float, float, float]


class Stage:
    """A scene with two moments, frames 1 and 2."""

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.scene: Any = bpy.context.scene
        self._set_up_render()
        camera = bpy.data.cameras.new("Camera")
        camera.lens = 40
        self.camera = bpy.data.objects.new("Camera", camera)
        self.scene.collection.objects.link(self.camera)
        self.scene.camera = self.camera
        self._toons: dict[tuple[float, ...], Any] = {}

    def look(self, start: tuple[Place, Place], end: tuple[Place, Place]) -> None:
        """The camera's place and aim, at both moments."""
        for frame, (place, aim) in enumerate((start, end), 1):
            self.camera.location = place
            self.camera.rotation_euler = (Vector(aim) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
            self._key(self.camera, frame)

    def box(self, colour: Place, place: Place, size: Place, parent: Any = None) -> Any:
        """A box with its middle at `place`, sides `size`."""
        bpy.ops.mesh.primitive_cube_add(size=1)
        return self._made(colour, place, size, parent)

    def ball(self, colour: Place, place: Place, size: Place, parent: Any = None) -> Any:
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.5, segments=48, ring_count=24)
        bpy.ops.object.shade_smooth()
        return self._made(colour, place, size, parent)

    def drum(self, colour: Place, place: Place, size: Place, parent: Any = None, sides: int = 48) -> Any:
        """A cylinder, or a prism of few sides, along Z."""
        bpy.ops.mesh.primitive_cylinder_add(radius=0.5, depth=1, vertices=sides)
        return self._made(colour, place, size, parent)

    def joint(self, place: Place, parent: Any = None) -> Any:
        """An empty around which others turn."""
        empty = bpy.data.objects.new("Joint", None)
        self.scene.collection.objects.link(empty)
        empty.location, empty.parent = place, parent
        return empty

    def move(self, thing: Any, by: Place = (0, 0, 0), turn_deg: Place = (0, 0, 0)) -> None:
        """From where it is at the start, by so much until the end."""
        self._key(thing, 1)
        thing.location = Vector(thing.location) + Vector(by)
        thing.rotation_euler = [a + math.radians(b) for a, b in zip(thing.rotation_euler, turn_deg, strict=True)]
        self._key(thing, 2)

    def shoot(self, folder: Path) -> None:
        """Both keys and the motion between them."""
        folder.mkdir(parents=True, exist_ok=True)
        for frame, name in ((1, "start"), (2, "end")):
            self.scene.frame_set(frame)
            self.scene.render.filepath = str(folder / f"{name}.png")
            bpy.ops.render.render(write_still=True)
        np.savez_compressed(folder / "motion.npz", to=self._motion().astype(np.float32), stride=STRIDE)

    def _motion(self) -> np.ndarray[Any, Any]:
        """float [rows, columns, 2]: x, y in the end key of what a STRIDE-th pixel of the start shows; NaN for sky."""
        self.scene.frame_set(1)
        graph = bpy.context.evaluated_depsgraph_get()
        corners = [self.camera.matrix_world @ each for each in self.camera.data.view_frame(scene=self.scene)]
        upper_right, _, lower_left, upper_left = corners
        eye = self.camera.matrix_world.translation.copy()
        found: list[tuple[int, int, Any, Vector]] = []
        for row, y in enumerate(range(0, HEIGHT, STRIDE)):
            for column, x in enumerate(range(0, WIDTH, STRIDE)):
                right, down = (x + 0.5) / WIDTH, (y + 0.5) / HEIGHT
                aim = upper_left + (upper_right - upper_left) * right + (lower_left - upper_left) * down
                hit, place, _, _, thing, matrix = self.scene.ray_cast(graph, eye, (aim - eye).normalized())
                if hit:
                    found.append((row, column, thing.original, matrix.inverted() @ place))
        self.scene.frame_set(2)
        to = np.full((len(range(0, HEIGHT, STRIDE)), len(range(0, WIDTH, STRIDE)), 2), np.nan)
        corners = [each.copy() for each in self.camera.data.view_frame(scene=self.scene)]
        half_width, half_height, depth = corners[0].x, corners[0].y, -corners[0].z
        back = self.camera.matrix_world.inverted()
        for row, column, thing, local in found:
            seen = back @ (thing.matrix_world @ local)
            if seen.z < 0:
                x, y = (side / half * depth / -seen.z for side, half in ((seen.x, half_width), (seen.y, half_height)))
                to[row, column] = (x + 1) / 2 * WIDTH - 0.5, (1 - y) / 2 * HEIGHT - 0.5
        return to

    def _made(self, colour: Place, place: Place, size: Place, parent: Any) -> Any:
        thing: Any = bpy.context.object
        thing.location, thing.scale, thing.parent = place, size, parent
        thing.data.materials.append(self._toon(colour))
        return thing

    def _key(self, thing: Any, frame: int) -> None:
        thing.keyframe_insert("location", frame=frame)
        thing.keyframe_insert("rotation_euler", frame=frame)

    def _toon(self, colour: Place) -> Any:
        """A colour in two tones, lit from the upper left."""
        if colour in self._toons:
            return self._toons[colour]
        material = bpy.data.materials.new("Toon")
        material.use_nodes = True
        nodes, links = material.node_tree.nodes, material.node_tree.links
        nodes.clear()
        geometry = nodes.new("ShaderNodeNewGeometry")
        light = nodes.new("ShaderNodeVectorMath")
        light.operation = "DOT_PRODUCT"
        light.inputs[1].default_value = Vector((-0.5, -0.6, 0.62)).normalized()
        lit = nodes.new("ShaderNodeMath")
        lit.operation, lit.inputs[1].default_value = "GREATER_THAN", 0.25
        tone = nodes.new("ShaderNodeMix")
        tone.data_type = "RGBA"
        tone.inputs[6].default_value = (*(part * 0.55 for part in colour), 1)
        tone.inputs[7].default_value = (*colour, 1)
        shine, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
        links.new(geometry.outputs["Normal"], light.inputs[0])
        links.new(light.outputs["Value"], lit.inputs[0])
        links.new(lit.outputs[0], tone.inputs[0])
        links.new(tone.outputs[2], shine.inputs["Color"])
        links.new(shine.outputs[0], output.inputs["Surface"])
        self._toons[colour] = material
        return material

    def _set_up_render(self) -> None:
        scene = self.scene
        scene.render.engine = "CYCLES"
        scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.seed = SAMPLES, False, 1
        scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = WIDTH, HEIGHT, 100
        scene.view_settings.view_transform = "Standard"
        scene.render.image_settings.color_mode = "RGB"
        scene.render.image_settings.compression = 100
        scene.world = bpy.data.worlds.new("Sky")
        scene.world.use_nodes = True
        scene.world.node_tree.nodes["Background"].inputs[0].default_value = (0.42, 0.66, 0.85, 1)
        scene.render.use_freestyle = True
        scene.render.line_thickness_mode, scene.render.line_thickness = "ABSOLUTE", INK_PX
        lines = scene.view_layers[0].freestyle_settings
        lineset = lines.linesets[0] if lines.linesets else lines.linesets.new("Ink")
        lineset.select_silhouette = lineset.select_border = lineset.select_crease = True
        if lineset.linestyle is None:
            lineset.linestyle = bpy.data.linestyles.new("Ink")
        lineset.linestyle.color, lineset.linestyle.thickness = INK, INK_PX


def robot(stage: Stage) -> None:
    """A robot walks through a room with shelves; the camera pans with it."""
    stage.look(((0, -9, 2.2), (0, 0, 1.6)), ((0.35, -9, 2.25), (0.4, 0, 1.6)))
    stage.box((0.80, 0.72, 0.55), (0, 3, 2), (16, 0.2, 6))
    stage.box((0.50, 0.36, 0.26), (0, 0, -0.1), (16, 8, 0.2))
    for column in range(-3, 4):
        stage.box((0.72, 0.63, 0.46), (column * 2.1, 2.85, 2.2), (1.5, 0.1, 2.6))
    for shelf in range(3):
        stage.box((0.45, 0.28, 0.18), (-3.6, 2.4, 0.8 + shelf * 0.9), (2.4, 0.6, 0.1))
        for book in range(6):
            colour = ((0.7, 0.2, 0.2), (0.2, 0.45, 0.3), (0.85, 0.6, 0.2), (0.25, 0.3, 0.6))[(book + shelf) % 4]
            stage.box(colour, (-4.5 + book * 0.33, 2.3, 1.15 + shelf * 0.9), (0.24, 0.4, 0.55 + 0.06 * (book % 3)))
    stage.box((0.55, 0.75, 0.9), (3.7, 2.75, 2.6), (1.8, 0.1, 1.6))
    stage.box((0.95, 0.93, 0.85), (3.7, 2.68, 2.6), (0.1, 0.1, 1.6))
    stage.box((0.95, 0.93, 0.85), (3.7, 2.68, 2.6), (1.8, 0.1, 0.1))
    body = stage.joint((-1.0, 0, 1.7))
    stage.box((0.30, 0.50, 0.75), (0, 0, 0), (1.1, 0.7, 1.3), body)
    stage.box((0.90, 0.85, 0.30), (0, -0.37, 0.15), (0.6, 0.06, 0.5), body)
    head = stage.joint((0, 0, 1.05), body)
    stage.box((0.45, 0.65, 0.85), (0, 0, 0), (0.8, 0.65, 0.65), head)
    for side in (-1, 1):
        stage.box((0.95, 0.95, 0.95), (side * 0.18, -0.34, 0.08), (0.2, 0.05, 0.2), head)
        arm = stage.joint((side * 0.7, 0, 0.5), body)
        stage.box((0.85, 0.40, 0.25), (0, 0, -0.5), (0.28, 0.3, 1.1), arm)
        stage.move(arm, turn_deg=(side * 14, side * -16, 0))
        leg = stage.joint((side * 0.3, 0, -0.65), body)
        stage.box((0.25, 0.30, 0.45), (0, 0, -0.5), (0.34, 0.4, 1.0), leg)
        stage.move(leg, turn_deg=(side * -12, 0, 0))
    stage.move(head, turn_deg=(0, 0, 12))
    stage.move(body, by=(0.8, 0, 0.06), turn_deg=(0, 0, 6))


def street(stage: Stage) -> None:
    """A car drives down a street of houses, away from the camera's own drift."""
    stage.look(((0, -11, 3.0), (0, 0, 1.8)), ((-0.5, -10.6, 3.1), (-0.4, 0, 1.8)))
    stage.box((0.35, 0.36, 0.40), (0, 0, -0.1), (30, 5, 0.2))
    stage.box((0.62, 0.60, 0.56), (0, 3.2, 0.0), (30, 1.4, 0.3))
    for stripe in range(-5, 6):
        stage.box((0.92, 0.90, 0.80), (stripe * 1.9, -0.2, 0.02), (0.9, 0.16, 0.02))
    colours = ((0.85, 0.55, 0.40), (0.90, 0.80, 0.55), (0.55, 0.70, 0.62), (0.75, 0.50, 0.60), (0.60, 0.62, 0.80))
    for house, colour in enumerate(colours):
        left, height = -8.2 + house * 4.1, 4.0 + (house * 7) % 3
        stage.box(colour, (left, 5.5, height / 2), (3.6, 3, height))
        stage.box((0.45, 0.25, 0.22), (left, 5.4, height + 0.12), (3.9, 3.3, 0.25))
        for row in range(int(height) - 1):
            for column in (-1, 0, 1):
                stage.box((0.95, 0.93, 0.86), (left + column * 1.05, 3.96, 1.4 + row * 1.25), (0.66, 0.12, 0.86))
                stage.box((0.35, 0.50, 0.62), (left + column * 1.05, 3.9, 1.4 + row * 1.25), (0.5, 0.1, 0.7))
    car = stage.joint((1.2, -0.9, 0.55))
    stage.box((0.85, 0.20, 0.18), (0, 0, 0.05), (3.0, 1.3, 0.55), car)
    stage.box((0.85, 0.20, 0.18), (-0.1, 0, 0.55), (1.6, 1.15, 0.5), car)
    for side in (-0.42, 0.3):
        stage.box((0.70, 0.85, 0.95), (side, -0.6, 0.55), (0.6, 0.06, 0.36), car)
    for axle in (-0.95, 0.95):
        wheel = stage.joint((axle, -0.66, -0.25), car)
        drum = stage.drum((0.12, 0.12, 0.14), (0, 0, 0), (0.62, 0.62, 0.2), wheel)
        drum.rotation_euler.x = math.pi / 2
        for spoke in range(3):
            bar = stage.box((0.75, 0.75, 0.78), (0, -0.11, 0), (0.44, 0.04, 0.08), wheel)
            bar.rotation_euler.y = spoke * math.pi / 3
        stage.move(wheel, turn_deg=(0, -25, 0))
    stage.move(car, by=(-1.3, 0, 0))


def castle(stage: Stage) -> None:
    """The camera flies around a toy castle while its gate opens and a flag turns."""
    stage.look(((-0.9, -11, 4.6), (0, 0, 1.7)), ((-0.2, -11, 4.5), (0.1, 0, 1.7)))
    stage.box((0.45, 0.62, 0.32), (0, 2, -0.1), (26, 16, 0.2))
    for tree in range(-7, 8):
        height = 1.6 + (tree * 5) % 4 * 0.5
        stage.box((0.35, 0.24, 0.16), (tree * 1.5, 8.5, 0.4), (0.3, 0.3, 0.8))
        stage.box((0.25, 0.48, 0.25), (tree * 1.5, 8.5, 0.8 + height / 2), (1.0, 0.8, height))
    stone = (0.74, 0.70, 0.66)
    stage.box(stone, (0, 0, 1.1), (5, 0.8, 2.2))
    stage.box(stone, (0, 3.4, 1.1), (5, 0.8, 2.2))
    for side in (-1, 1):
        stage.box(stone, (side * 2.5, 1.7, 1.1), (0.8, 3.4, 2.2))
        for end in (0, 3.4):
            stage.drum((0.80, 0.76, 0.70), (side * 2.6, end, 1.6), (1.4, 1.4, 3.2), sides=8)
            bpy.ops.mesh.primitive_cone_add(radius1=0.5, radius2=0, depth=1, vertices=8)
            stage._made((0.70, 0.28, 0.24), (side * 2.6, end, 3.8), (1.8, 1.8, 1.3), None)
            stage.box((0.20, 0.22, 0.28), (side * 2.6, end - 0.66, 2.3), (0.22, 0.1, 0.5))
    for tooth in range(7):
        stage.box(stone, (-1.8 + tooth * 0.6, -0.1, 2.4), (0.34, 0.6, 0.4))
    stage.box((0.30, 0.20, 0.14), (0, -0.38, 0.75), (1.5, 0.08, 1.5))
    for side in (-1, 1):
        hinge = stage.joint((side * 0.72, -0.46, 0.75))
        stage.box((0.58, 0.38, 0.22), (side * -0.36, 0, 0), (0.7, 0.08, 1.4), hinge)
        for bar in (-0.45, 0.0, 0.45):
            stage.box((0.25, 0.25, 0.28), (side * -0.36, -0.06, bar), (0.64, 0.05, 0.1), hinge)
        stage.move(hinge, turn_deg=(0, 0, side * 22))
    stage.drum((0.62, 0.58, 0.55), (0, 2.0, 2.2), (1.9, 1.9, 4.4), sides=6)
    pole = stage.joint((0, 2.0, 4.4))
    stage.box((0.25, 0.20, 0.15), (0, 0, 0.6), (0.08, 0.08, 1.4), pole)
    stage.box((0.90, 0.75, 0.20), (0.55, 0, 1.0), (1.0, 0.05, 0.5), pole)
    stage.move(pole, turn_deg=(0, 0, 18))


PAIRS: dict[str, Callable[[Stage], None]] = {each.__name__: each for each in (robot, street, castle)}


def main(out: Path) -> None:
    for name, build in PAIRS.items():
        stage = Stage()
        build(stage)
        stage.shoot(out / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
