# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of a 3D scene become keys, and why some cannot."""

from __future__ import annotations

from typing import Any

import bpy
import pytest
from edits import Edit
from shots3d import Shot3D

from fcvg_blender import compat
from fcvg_blender.keys_3d import key_frames


@pytest.fixture
def shot(edit: Edit) -> Shot3D:
    return Shot3D(edit.folder)


class TestWhichFrames:
    def test_keyframes_of_object_data_shape_keys_and_bones(self, shot: Shot3D) -> None:
        shot.move(1, 25)
        shot.scene.camera.data.lens = 30
        shot.scene.camera.data.keyframe_insert("lens", frame=10.4)
        shot.cube.shape_key_add(name="Basis")
        block = shot.cube.shape_key_add(name="Big")
        block.keyframe_insert("value", frame=17)
        bpy.ops.object.armature_add()
        rig = bpy.context.object
        rig.pose.bones[0].keyframe_insert("location", frame=31)
        objects = [shot.cube, shot.scene.camera, rig]
        assert key_frames.of_objects(shot.scene, objects) == (1, 10, 17, 25, 31)
        assert key_frames.of_objects(shot.scene, [shot.cube]) == (1, 17, 25)

    def test_only_those_inside_the_range(self, shot: Shot3D) -> None:
        shot.move(-5, 1, 20, 40, 41)
        assert key_frames.of_objects(shot.scene, [shot.cube]) == (1, 20, 40)
        shot.scene.use_preview_range = True
        shot.scene.frame_preview_start, shot.scene.frame_preview_end = 1, 30
        assert key_frames.of_objects(shot.scene, [shot.cube]) == (1, 20)

    def test_selected_keyframes_only_where_several_are(self, shot: Shot3D) -> None:
        shot.move(1, 10, 20)
        points = compat.fcurves(shot.cube)[0].keyframe_points
        for curve in compat.fcurves(shot.cube):
            for point in curve.keyframe_points:
                point.select_control_point = False
        points[0].select_control_point = True
        assert key_frames.of_objects(shot.scene, [shot.cube]) == (1, 10, 20), "one is left from setting a key"
        points[2].select_control_point = True
        assert key_frames.of_objects(shot.scene, [shot.cube]) == (1, 20)

    def test_grease_pencil_drawings(self, shot: Shot3D) -> None:
        kinds = bpy.types.Object.bl_rna.properties["type"].enum_items
        add = bpy.ops.object.gpencil_add if "GPENCIL" in kinds else bpy.ops.object.grease_pencil_add
        add(type="EMPTY")
        drawing = bpy.context.object
        layer = drawing.data.layers[0] if len(drawing.data.layers) else drawing.data.layers.new("Ink")
        there = {frame.frame_number for frame in layer.frames}
        for frame in {1, 12, 24} - there:
            layer.frames.new(frame)
        assert key_frames.of_objects(shot.scene, [drawing]) == (1, 12, 24)

    def test_typed(self) -> None:
        assert key_frames.typed("49, 1;25 25") == (1, 25, 49)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "No frames are written down; two are needed."),
            ("7", "One frame is written down; two are needed."),
            ("1, 2.5", "“1, 2.5” holds something that is no frame."),
            ("-4, 1", "There is no frame -4 on the timeline."),
            ("1, 9999999", "There is no frame 9999999 on the timeline."),
        ],
    )
    def test_typed_nonsense(self, text: str, message: str) -> None:
        with pytest.raises(key_frames.KeyProblem) as problem:
            key_frames.typed(text)
        assert problem.value.message == message
        assert problem.value.hint

    def test_what_cannot_be(self, shot: Shot3D) -> None:
        def problem(*objects: Any) -> str:
            with pytest.raises(key_frames.KeyProblem) as found:
                key_frames.of_objects(shot.scene, objects)
            return f"{found.value.message} {found.value.hint}"

        assert problem().startswith("Nothing is selected.")
        assert problem(shot.cube).startswith("“Cube” has no keyframes; two are needed.")
        shot.move(5)
        assert problem(shot.cube).startswith("“Cube” has one keyframe within frames 1–40; two are needed.")
        shot.move(9)
        child = bpy.data.objects.new("Hat", None)
        child.parent = shot.cube
        assert "“Cube” moves it: select that." in problem(child)

    def test_neighbours_and_distances(self, shot: Shot3D) -> None:
        shot.choices.source = "TYPED"
        shot.choices.frames = "4, 5, 6"
        with pytest.raises(key_frames.KeyProblem, match="nothing between the keys 4, 5, 6"):
            key_frames.chosen(bpy.context, shot.scene)
        shot.choices.frames = "1, 1003"
        with pytest.raises(key_frames.KeyProblem, match="1001 frames"):
            key_frames.chosen(bpy.context, shot.scene)
        shot.choices.frames = "1, 25, 49, 73, 97"
        frames = key_frames.chosen(bpy.context, shot.scene)
        assert key_frames.sentence(frames, "RIFE") == "Keys 1, 25, 49, 73, 97: 5 renders, 92 inbetweens, RIFE"
