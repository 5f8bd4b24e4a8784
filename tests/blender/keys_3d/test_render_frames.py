# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys rendered from a 3D scene, the edit they are laid into, and that the scene stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from edits import Edit, read
from shots3d import SIZE, Shot3D, state

from fcvg_blender import compat
from fcvg_blender.edit import gap_refusals
from fcvg_blender.engine import errors
from fcvg_blender.keys_3d import lay_into_edit, render_run, scene_copy, shading
from fcvg_blender.settings import keys_3d
from fcvg_blender.settings.status import panel_status


@pytest.fixture
def shot(edit: Edit) -> Shot3D:
    return Shot3D(edit.folder)


def pixels(path: Path) -> np.ndarray[Any, Any]:
    return read(path)[..., :3]


def edit_scene() -> Any:
    return bpy.data.scenes["Scene Edit"]


def keys_in(scene: Any) -> list[Any]:
    return sorted((each for each in compat.all_strips(scene) if each.fcvg.still_scene), key=compat.left)


def click() -> set[str]:
    return bpy.ops.fcvg.inbetween_keyframes()


def strips_file(strip: Any) -> Path:
    return Path(bpy.path.abspath(strip.directory)) / strip.elements[0].filename


class TestRendering:
    def test_the_scene_as_it_renders(self, shot: Shot3D) -> None:
        """16 bit PNG with the scene's view, as large as the frame, with transparency, at its frame and camera."""
        shot.move(1, 30)
        shot.scene.render.film_transparent = True
        shot.scene.render.resolution_percentage = 50
        shot.glow.inputs["Strength"].default_value = 0.5
        wide = shot.scene.camera
        side = bpy.data.objects.new("Side", wide.data.copy())
        side.location, side.data.lens = (1, 0, 12), 400
        shot.scene.collection.objects.link(side)
        shot.scene.timeline_markers.new("Near", frame=20).camera = side
        shot.scene.timeline_markers.new("Far", frame=1).camera = wide
        first, last = shot.render(1, 30)
        picture = read(first.path)
        assert picture.shape == (9, 16, 4)
        assert picture[..., 3].min() == 0 < picture[..., 3].max()
        assert not (picture == np.rint(picture * 255) / 255).all(), "more than 8 bits"
        assert read(last.path)[4, :, 3].all(), "the marker's camera sees nothing but the cube"
        shot.scene.render.resolution_percentage = 100
        assert read(shot.render(1, 30)[0].path).shape == (18, 32, 4)

    def test_linear_for_exr(self, shot: Shot3D) -> None:
        shot.move(1, 30)
        shot.glow.inputs["Strength"].default_value = 4.0
        still, _ = shot.render(1, 30, file_format="exr")
        assert still.path.suffix == ".exr"
        assert pixels(still.path).max() == pytest.approx(4.0, rel=1e-3)

    def test_with_the_border_the_key_is_whole(self, shot: Shot3D) -> None:
        shot.move(1, 30)
        shot.scene.render.use_border = shot.scene.render.use_crop_to_border = True
        shot.scene.render.border_max_x = 0.5
        assert read(shot.render(1, 30)[0].path).shape == (18, 32, 4)

    def test_nothing_is_rendered_twice(self, shot: Shot3D) -> None:
        shot.move(1, 20, 40)
        first = shot.render(1, 20, 40)
        assert [still.reused for still in first] == [False] * 3
        before = {still.path: still.path.stat().st_mtime_ns for still in first}
        again = shot.render(1, 20, 40)
        assert [still.reused for still in again] == [True] * 3
        assert {still.path: still.path.stat().st_mtime_ns for still in again} == before
        shot.key_place(2, 3.3)
        assert [still.reused for still in shot.render(1, 20, 40)] == [True, True, False]
        first[0].path.write_bytes(first[0].path.read_bytes()[:60])
        assert [still.reused for still in shot.render(1, 20)] == [False, True], "a file cut short is no picture"

    def test_what_is_in_the_compositor_writes_nothing(self, shot: Shot3D, tmp_path: Path) -> None:
        shot.move(1, 30)
        scene, files = shot.scene, tmp_path / "artist"
        if hasattr(scene, "compositing_node_group"):
            scene.compositing_node_group = tree = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
            tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
            out = tree.nodes.new("NodeGroupOutput")
        else:
            scene.use_nodes = True
            tree = scene.node_tree
            tree.nodes.clear()
            out = tree.nodes.new("CompositorNodeComposite")
        layers = tree.nodes.new("CompositorNodeRLayers")
        writer = tree.nodes.new("CompositorNodeOutputFile")
        if hasattr(writer, "directory"):  # since 5.0
            writer.directory = str(files)
            writer.file_output_items.new("RGBA", "Image")
        else:
            writer.base_path = str(files)
        tree.links.new(layers.outputs["Image"], writer.inputs[0])
        tree.links.new(layers.outputs["Image"], out.inputs[0])
        before = state(scene)
        rendered: list[Any] = []
        bpy.app.handlers.frame_change_pre.append(lambda which, *_: rendered.append(which.name))
        shot.render(1, 30)
        bpy.app.handlers.frame_change_pre.pop()
        assert "Scene" not in rendered, "nodes that show the scene show what is rendered"
        assert not list(files.glob("**/*.*"))
        assert state(scene) == before
        assert not writer.mute
        scene.render.filepath = str(tmp_path / "own.png")
        bpy.ops.render.render(write_still=True)
        assert list(files.glob("**/*.*")), "the artist's own render writes them"

    def test_other_add_ons_are_not_told(self, shot: Shot3D) -> None:
        shot.move(1, 30)
        told: list[Any] = []
        bpy.app.handlers.render_write.append(told.append)
        bpy.app.handlers.render_post.append(told.append)
        shot.render(1, 30)
        assert not told
        assert told.append in bpy.app.handlers.render_write

    def test_strips_of_the_scene_stay_with_their_animation(self, shot: Shot3D) -> None:
        shot.move(1, 30)
        strip = Edit(shot.scene, shot.folder).colour("White", 1, 1, 40)
        strip.blend_alpha = 0.5
        strip.keyframe_insert("blend_alpha", frame=1)
        shot.scene.render.resolution_x, shot.scene.render.resolution_y = SIZE
        curves = compat.animated_paths(shot.scene)
        first, last = shot.render(1, 30)
        assert compat.animated_paths(shot.scene) == curves
        assert len(compat.all_strips(shot.scene)) == 1
        assert np.abs(pixels(first.path) - pixels(last.path)).max() > 0.5, "the 3D scene is rendered, not its edit"

    def test_the_scene_is_not_changed(self, shot: Shot3D) -> None:
        shot.move(1, 30)
        shot.cube.location.y = 5.5  # a change without a keyframe
        before = state(shot.scene)
        shot.render(1, 30)
        assert state(shot.scene) == before
        assert shot.cube.location.y == 5.5

    def test_nor_when_it_fails_half_way(self, shot: Shot3D, monkeypatch: pytest.MonkeyPatch) -> None:
        shot.move(1, 30)
        before = state(shot.scene)
        folder = shot.folder / "keys"
        (kept,) = (still.path for still in shot.render(1, 30)[:1])
        shot.key_place(0, 1.0)
        shot.key_place(1, 2.0)

        def fill_the_disk(*_: Any) -> None:
            for path in folder.glob(".fcvg-tmp-*"):
                path.write_bytes(path.read_bytes()[:50])

        before = state(shot.scene)
        bpy.app.handlers.frame_change_post.append(lambda *_: shot.scene["bad"])
        try:
            monkeypatch.setattr(render_run, "is_whole", lambda path: not path.name.startswith(".") and path == kept)
            with pytest.raises(errors.DiskError):
                shot.render(1, 30)
        finally:
            bpy.app.handlers.frame_change_post.pop()
        assert state(shot.scene) == before
        assert not list(folder.glob(".fcvg-tmp-*"))

    def test_without_a_camera(self, shot: Shot3D) -> None:
        shot.move(1, 30)
        shot.scene.camera = None
        before = state(shot.scene)
        with pytest.raises(RuntimeError, match="no camera"):
            click()
        assert state(shot.scene) == before

    def test_without_a_graphics_driver(self, tmp_path: Path) -> None:
        """Blender itself would end with a crash."""
        script = """
import bpy, sys
arguments = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = arguments
import fcvg_blender
from shots3d import Shot3D
from pathlib import Path
fcvg_blender.register()
shot = Shot3D(Path(arguments[-1]))
shot.move(1, 7)
shot.scene.render.engine = "BLENDER_WORKBENCH"
try:
    bpy.ops.fcvg.inbetween_keyframes()
finally:
    fcvg_blender.unregister()
"""
        file = tmp_path / "render.py"
        file.write_text(script)
        in_blender = [bpy.app.binary_path, "--background", "--factory-startup", "--python", str(file)]
        ended = subprocess.run(
            [
                *(in_blender if bpy.app.binary_path else [sys.executable, str(file)]),
                "--",
                *map(str, Path(__file__).parents[:4]),
                str(tmp_path),
            ],
            env={**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": "/nowhere", "DISPLAY": ""},
            capture_output=True,
            text=True,
        )
        assert "Workbench needs a graphics driver, and this Blender runs without one." in ended.stderr
        assert "Render with Cycles" in ended.stderr

    def test_viewport_look_is_the_shading_without_the_scene_s_own_engine(self, shot: Shot3D) -> None:
        uid = scene_copy.make(shot.scene, shading.of_view(bpy.context), "png")
        copy = scene_copy.find(uid)
        assert copy.render.engine == "BLENDER_WORKBENCH"
        assert not copy.render.use_compositing
        scene_copy.remove(uid)
        assert shot.scene.render.engine == "CYCLES"


class TestEdit:
    def test_keys_and_inbetweens_between_them(self, shot: Shot3D) -> None:
        """The whole click without a window: three keys, a chain of two, every frame of the shot is there."""
        shot.move(1, 7, 13)
        shot.save()
        shot.scene.render.fps = 12
        before = state(shot.scene)
        assert click() == {"FINISHED"}
        edit = edit_scene()
        after = state(shot.scene)
        assert after[0] == before[0]
        assert after[2:] == before[2:]
        assert after[1]["scenes"] == ["Scene", "Scene Edit"]
        keys = keys_in(edit)
        assert [(key.name, compat.left(key), compat.right(key)) for key in keys] == [
            ("Scene 1", 1, 2),
            ("Scene 7", 7, 8),
            ("Scene 13", 13, 14),
        ]
        assert len({key.channel for key in keys}) == 1
        between = sorted((each for each in compat.all_strips(edit) if each.fcvg.id), key=compat.left)
        assert [(compat.left(each), compat.right(each), each.fcvg.state) for each in between] == [
            (2, 7, "DONE"),
            (8, 13, "DONE"),
        ]
        assert (edit.render.resolution_x, edit.render.fps, edit.frame_end) == (32, 12, 40)
        assert edit.view_settings.view_transform == "Standard"
        assert {path.parent for path in shot.folder.glob("inbetweens/keys/*.png")} == {shot.folder / "inbetweens/keys"}
        assert keys_3d.status().outcome.startswith("3 keys: all rendered. They are in the edit of “Scene Edit”.")
        film = Edit.__new__(Edit)
        film.scene, film.folder = edit, shot.folder
        shown = film.rendered(7)
        assert np.abs(shown[..., :3] / 255 - pixels(strips_file(keys[1]))).max() < 1.5 / 255

    def test_again_after_a_change(self, shot: Shot3D) -> None:
        """Keys are replaced where they lie; only the gap beside the changed one gets a new take."""
        shot.move(1, 7, 13)
        shot.save()
        click()
        edit = edit_scene()
        layout = {each.name: (each.channel, compat.left(each)) for each in compat.all_strips(edit)}
        files = [strips_file(key) for key in keys_in(edit)]
        shot.key_place(2, 3.0)
        click()
        assert {each.name: (each.channel, compat.left(each)) for each in compat.all_strips(edit)} == layout
        now = [strips_file(key) for key in keys_in(edit)]
        assert [a == b for a, b in zip(files, now, strict=True)] == [True, True, False]
        between = sorted((each for each in compat.all_strips(edit) if each.fcvg.id), key=compat.left)
        assert [len(each.fcvg.others) for each in between] == [0, 1]
        assert keys_3d.status().outcome.startswith("3 keys: 1 rendered, 2 reused.")

    def test_typed_neighbours_stay_side_by_side(self, shot: Shot3D) -> None:
        shot.move(1, 40)
        shot.save()
        shot.choices.source, shot.choices.frames = "TYPED", "1, 2, 5"
        click()
        assert [compat.left(key) for key in keys_in(edit_scene())] == [1, 2, 5]
        assert [(compat.left(s), compat.right(s)) for s in compat.all_strips(edit_scene()) if s.fcvg.id] == [(3, 5)]

    def test_into_a_chosen_edit(self, shot: Shot3D) -> None:
        shot.move(1, 7)
        shot.save()
        film = Edit(bpy.data.scenes.new("Film"), shot.folder)
        film.colour("Below", 1, 5, 9)
        film.colour("Locked", 2, 90, 99)
        compat.channel(film.scene, 2).lock = True
        shot.choices.edit = film.scene
        film.settings.method = "DISSOLVE"
        click()
        assert {key.channel for key in keys_in(film.scene)} == {3}
        assert "Scene Edit" not in bpy.data.scenes

    def test_a_chart_that_does_not_fit_is_told_before_anything_is_rendered(self, shot: Shot3D) -> None:
        shot.move(1, 7, 20)
        shot.scene.fcvg.timing, shot.scene.fcvg.times = "CUSTOM", "0.5"
        with pytest.raises(RuntimeError, match="chart"):
            click()
        assert len(bpy.data.scenes) == 1

    def test_undo_and_redo(self, shot: Shot3D) -> None:
        shot.move(1, 7)
        shot.save()
        bpy.ops.ed.undo_push(message="before")
        click()
        bpy.ops.ed.undo()
        assert [scene.name for scene in bpy.data.scenes] == ["Scene"]
        bpy.ops.ed.redo()
        strips = list(compat.all_strips(edit_scene()))
        assert len(strips) == 3
        assert all(
            (Path(bpy.path.abspath(each.directory)) / element.filename).is_file()
            for each in strips
            for element in each.elements
        )

    def test_a_copy_that_undo_or_a_file_has_caught_is_thrown_away(self, shot: Shot3D, tmp_path: Path) -> None:
        uid = scene_copy.make(shot.scene, shading.FINAL, "png")
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "caught.blend"))
        bpy.ops.ed.undo_push(message="caught")
        scene_copy.remove(uid)
        bpy.ops.ed.undo_push(message="gone")
        bpy.ops.ed.undo()
        assert [scene.name for scene in bpy.data.scenes] == ["Scene"]
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "caught.blend"))
        assert [scene.name for scene in bpy.data.scenes] == ["Scene"]

    def test_the_first_save_brings_the_keys_beside_the_file(self, shot: Shot3D, tmp_path: Path) -> None:
        shot.move(1, 7)
        click()
        assert tmp_path not in strips_file(keys_in(edit_scene())[0]).parents
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
        assert [strips_file(key).parent for key in keys_in(edit_scene())] == [tmp_path / "inbetweens" / "keys"] * 2
        assert all(strips_file(key).is_file() for key in keys_in(edit_scene()))
        click()
        assert keys_3d.status().outcome.startswith("2 keys: 0 rendered, 2 reused.")

    def test_a_full_edit_is_refused(self, shot: Shot3D) -> None:
        shot.move(1, 7)
        made = shot.render(1, 7)
        film = Edit(bpy.data.scenes.new("Film"), shot.folder)
        for number in range(1, compat.LAST_CHANNEL + 1):
            compat.channel(film.scene, number).lock = True
        with pytest.raises(gap_refusals.ShotProblem, match="No channel"):
            lay_into_edit.lay(film.scene, "Scene", made)
        assert not film.layout()

    def test_errors_stay_in_the_panel(self, shot: Shot3D) -> None:
        shot.move(1, 7)
        shot.scene.camera = None
        with pytest.raises(RuntimeError):
            click()
        assert panel_status().error_message == "The scene “Scene” has no camera."
