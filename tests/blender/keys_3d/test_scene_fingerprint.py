# SPDX-License-Identifier: GPL-3.0-or-later
"""When a key that was rendered before is taken again: what shows counts, what does not show does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
import pytest
from edits import Edit
from shots3d import Shot3D


@pytest.fixture
def shot(edit: Edit) -> Shot3D:
    return Shot3D(edit.folder)


class TestPrints:
    @pytest.mark.parametrize(
        "change",
        [
            lambda shot: shot.key_place(2, 9.0),
            lambda shot: setattr(shot.cube, "name", "Box"),
            lambda shot: setattr(shot.material, "name", "Light"),
            lambda shot: setattr(shot.scene, "name", "Take 2"),
            lambda shot: shot.cube.select_set(False),
            lambda shot: setattr(shot.glow, "location", (50, 60)),
            lambda shot: shot.scene.frame_set(17),
            lambda shot: setattr(shot.scene.render, "filepath", "//elsewhere"),
            lambda shot: setattr(shot.scene, "frame_end", 99),
            lambda shot: setattr(shot.cube, "hide_viewport", True),
        ],
    )
    def test_what_does_not_show_does_not_count(self, shot: Shot3D, change: Callable[[Shot3D], Any]) -> None:
        shot.move(1, 20, 40)
        before = shot.print_at(20)
        assert before
        change(shot)
        assert shot.print_at(20) == before

    @pytest.mark.parametrize(
        "change",
        [
            lambda shot: shot.key_place(1, 9.0),
            lambda shot: setattr(shot.cube.data.vertices[0], "co", (3, 3, 3)),
            lambda shot: setattr(shot.glow.inputs[0], "default_value", (1, 0, 0, 1)),
            lambda shot: shot.material.node_tree.links.clear(),
            lambda shot: setattr(shot.scene.camera.data, "lens", 80),
            lambda shot: setattr(shot.scene.camera.location, "x", 1),
            lambda shot: setattr(shot.scene.cycles, "samples", 2),
            lambda shot: setattr(shot.scene.render, "resolution_percentage", 50),
            lambda shot: setattr(shot.scene.render, "engine", "BLENDER_WORKBENCH"),
            lambda shot: setattr(shot.scene.view_settings, "exposure", 1),
            lambda shot: setattr(shot.cube, "hide_render", True),
            lambda shot: shot.cube.modifiers.new("Smooth", "SUBSURF"),
            lambda shot: setattr(shot.scene.view_layers[0].layer_collection.children[0], "holdout", True),
            lambda shot: setattr(shot.scene, "world", bpy.data.worlds.new("Sky")),
            lambda shot: bpy.ops.object.light_add(),
            lambda shot: bpy.ops.object.duplicate(),
        ],
    )
    def test_what_shows_counts(self, shot: Shot3D, change: Callable[[Shot3D], Any]) -> None:
        shot.move(1, 20, 40)
        shot.cube.select_set(True)
        before = shot.print_at(20)
        change(shot)
        assert shot.print_at(20) not in {before, ""}

    def test_with_motion_blur_the_ends_of_the_shutter_count(self, shot: Shot3D) -> None:
        shot.move(1, 20, 21)
        before = shot.print_at(20)
        shot.key_place(2, 9.0)
        assert shot.print_at(20) == before
        shot.scene.render.use_motion_blur = True
        before = shot.print_at(20)
        shot.key_place(2, 5.0)
        assert shot.print_at(20) != before

    def test_pictures_count_by_their_file(self, shot: Shot3D) -> None:
        shot.move(1, 20)
        path = Edit(bpy.data.scenes.new("Paint"), shot.folder).picture("paint.png", np.zeros((4, 4, 4), np.uint8))
        texture = shot.material.node_tree.nodes.new("ShaderNodeTexImage")
        texture.image = bpy.data.images.load(str(path))
        shot.material.node_tree.links.new(texture.outputs[0], shot.glow.inputs[0])
        before = shot.print_at(20)
        assert shot.print_at(20) == before
        path.write_bytes(path.read_bytes() + b" ")
        assert shot.print_at(20) != before

    def test_simulations_are_never_taken_for_known(self, shot: Shot3D) -> None:
        shot.move(1, 30)
        shot.cube.modifiers.new("Sheet", "CLOTH")
        assert shot.print_at(1) == ""
        assert [still.reused for still in shot.render(1, 30) + shot.render(1, 30)] == [False] * 4
