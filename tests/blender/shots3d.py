# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot in 3D for tests, and what an artist would miss in a scene if it changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import rna

from fcvg_blender import compat
from fcvg_blender.keys_3d import render_frames, rendered_key, scene_copy, scene_fingerprint, shading

SIZE = (32, 18)


class Shot3D:
    """A cube that moves in front of a camera, rendered with one sample."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scene: Any = bpy.context.scene
        self.scene.sequence_editor_clear()
        workspace = bpy.context.window.workspace
        if hasattr(workspace, "sequencer_scene"):
            workspace.sequencer_scene = None
        render = self.scene.render
        render.engine, (render.resolution_x, render.resolution_y) = "CYCLES", SIZE
        self.scene.cycles.samples, self.scene.cycles.use_denoising = 1, False
        self.scene.frame_end = 40
        camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        camera.location = (0, 0, 12)
        things = bpy.data.collections.new("Things")
        self.scene.collection.children.link(things)
        bpy.context.view_layer.active_layer_collection = bpy.context.view_layer.layer_collection.children[0]
        things.objects.link(camera)
        self.scene.camera = camera
        self.material = bpy.data.materials.new("Glow")
        if self.material.node_tree is None:
            self.material.use_nodes = True
        tree = self.material.node_tree
        self.glow = tree.nodes.new("ShaderNodeEmission")
        tree.links.new(self.glow.outputs[0], tree.nodes["Material Output"].inputs[0])
        bpy.ops.mesh.primitive_cube_add(size=2)
        self.cube: Any = bpy.context.object
        self.cube.data.materials.append(self.material)

    @property
    def choices(self) -> Any:
        return self.scene.fcvg.stills

    def move(self, *frames: int) -> None:
        """One keyframe on each frame, further to the right each time."""
        for frame in frames:
            self.cube.location.x = frame / 10 - 2
            self.cube.keyframe_insert("location", frame=frame)
        self.scene.frame_set(3)
        self.scene.fcvg.method = "DISSOLVE"

    def save(self) -> None:
        self.folder.mkdir(exist_ok=True)
        bpy.ops.wm.save_as_mainfile(filepath=str(self.folder / "film.blend"))

    def key_place(self, index: int, x: float) -> None:
        """Change a keyframe, as an artist does in the graph editor."""
        curve = compat.fcurves(self.cube)[0]
        curve.keyframe_points[index].co.y = x
        curve.update()

    def print_at(self, frame: int) -> str:
        uid = scene_copy.make(self.scene, shading.FINAL, "png")
        try:
            with scene_fingerprint.reading():
                copy = scene_copy.find(uid)
                scene_copy.set_frame(copy, frame)
                return scene_fingerprint.of(copy, frame)
        finally:
            scene_copy.remove(uid)

    def render(
        self, *frames: int, file_format: str = "png", look: shading.Shading = shading.FINAL
    ) -> list[rendered_key.RenderedKey]:
        request = rendered_key.RenderRequest(self.scene.name, frames, look, self.folder / "keys", file_format)
        return render_frames.render(self.scene, request)


def state(scene: Any) -> Any:
    """What an artist would miss if it changed."""
    bpy.context.view_layer.update()
    names = {
        kind: sorted(each.name for each in getattr(bpy.data, kind))
        for kind in ("scenes", "objects", "images", "node_groups", "materials", "actions", "collections")
    }
    places = {each.name: (str(each.matrix_world), each.select_get()) for each in scene.objects}
    handlers = {
        name: list(getattr(bpy.app.handlers, name)) for name in dir(bpy.app.handlers) if name.startswith("render_")
    }
    view = bpy.context.preferences.view.render_display_type
    return rna.settings(scene, scene.name, {"tag"}), names, places, handlers, view
