# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes that are linked from another file belong to that file: every operator says so, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import save, two_strips
from copied import show
from drawn_panels import drawn
from edits import Edit
from shots3d import Shot3D

from fcvg_blender import compat
from fcvg_blender.app import cli
from fcvg_blender.edit import strips
from fcvg_blender.operators import errors as error_operators
from fcvg_blender.operators import generate, keys_3d, queue, takes
from fcvg_blender.operators import strips as strip_operators
from fcvg_blender.ui.panels.tab import FCVG_PT_inbetween

SENTENCE = "linked from another file"

# They only look, or are about takes of the file's own edits, wherever these are.
ANYWHERE = {
    *(
        "check_keys",
        "open_folder",
        "copy_recipe",
        "add_preset",
        "dismiss_left_out",
        "cancel",
        "cancel_all",
        "answer_cut",
    ),
    *("try_again", "pause_queue", "move_in_queue", "cancel_stills", "dismiss_error", "open_log", "copy_report"),
}
ALL = [
    operator.bl_idname.removeprefix("fcvg.")
    for folder in (strip_operators, takes, generate, queue, keys_3d, error_operators)
    for operator in folder.CLASSES
    if hasattr(operator, "bl_idname") and issubclass(operator, bpy.types.Operator)
]
CHANGING = [name for name in ALL if name not in ANYWHERE]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved film with one strip of inbetweens, made by pushing."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    compat.choose_scene(bpy.context, bpy.context.scene)
    edit = Edit(bpy.context.scene, tmp_path_factory.mktemp("film"))
    two_strips(edit, gap=0)
    edit.settings.placement, edit.settings.count = "PUSH", 3
    bpy.ops.fcvg.generate_inbetweens()
    return save(edit)


def linked(path: Path, edit: Edit) -> Edit:
    """The film's scene, linked into the file that is open and shown."""
    with bpy.data.libraries.load(str(path), link=True) as (_, into):
        into.scenes = ["Scene"]
    scene = into.scenes[0]
    bpy.context.window.scene = scene
    compat.choose_scene(bpy.context, scene)
    found = object.__new__(Edit)  # it needs no edit to be made, and none can be
    found.scene, found.folder = scene, edit.folder
    return found


def state() -> dict[tuple[str, bool], Any]:
    """All edits, those of the library too."""
    return {
        (scene.name, scene.library is None): [
            (each.name, each.channel, compat.left(each), compat.right(each), each.fcvg.id, each.fcvg.state)
            for each in compat.all_strips(scene)
        ]
        + [scene.frame_end, scene.frame_current, scene.fcvg.timing, scene.fcvg.conditions.matches]
        for scene in bpy.data.scenes
    }


@pytest.mark.parametrize("beside_itself", [True, False], ids=["beside a copy of it", "alone"])
@pytest.mark.parametrize("selected", [["A", "B"], ["Inbetweens A – B"]], ids=["keys", "inbetweens"])
@pytest.mark.parametrize("name", CHANGING)
def test_nothing_is_done_in_a_linked_scene(
    edit: Edit, film: Path, name: str, selected: list[str], beside_itself: bool
) -> None:
    if beside_itself:
        bpy.ops.wm.open_mainfile(filepath=str(film))
        bpy.ops.wm.save_as_mainfile(filepath=str(film.with_name("other.blend")))
    library = linked(film, edit)
    for strip in compat.strips(library.scene):
        strip.select = strip.name in selected
    library.scene.sequence_editor.active_strip = library.named(selected[-1])
    before, on_disk = state(), sorted(film.parent.rglob("*"))
    with pytest.raises(RuntimeError, match=SENTENCE):
        getattr(bpy.ops.fcvg, name)()
    assert state() == before
    assert sorted(film.parent.rglob("*")) == on_disk


def test_the_tab_says_why(edit: Edit, film: Path) -> None:
    library = linked(film, edit)
    library.select()
    assert SENTENCE in " ".join(drawn(FCVG_PT_inbetween).texts)


def test_a_3d_scene_that_is_linked_is_left_alone(edit: Edit) -> None:
    shot = Shot3D(edit.folder)
    shot.move(1, 8)
    film = edit.folder / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(film))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    linked(film, edit)
    with pytest.raises(RuntimeError, match=SENTENCE):
        bpy.ops.fcvg.inbetween_keyframes()
    assert len(bpy.data.scenes) == 2


def test_keys_of_a_3d_scene_never_come_into_a_linked_edit(edit: Edit, film: Path) -> None:
    shot = Shot3D(edit.folder / "3d")
    shot.move(1, 8)
    with bpy.data.libraries.load(str(film), link=True) as (_, into):
        into.scenes = ["Scene"]
    shot.scene.fcvg.stills.edit = into.scenes[0]
    compat.choose_scene(bpy.context, into.scenes[0])
    before = state()
    assert bpy.ops.fcvg.inbetween_keyframes() == {"FINISHED"}
    assert {key: value for key, value in state().items() if not key[1]} == {
        key: value for key, value in before.items() if not key[1]
    }
    assert bpy.data.scenes.get(("Scene Edit", None)) is not None


def test_the_command_line_says_why(edit: Edit, film: Path, capfd: pytest.CaptureFixture[str]) -> None:
    linked(film, edit)
    blend = save(edit)
    assert cli.main(["storyboard", str(blend)]) == 2
    assert SENTENCE in capfd.readouterr().err


def test_what_is_local_again_works(edit: Edit, film: Path) -> None:
    library = linked(film, edit)
    local = library.scene.make_local()
    local_edit = Edit(local, edit.folder)
    show(local_edit)
    local_edit.select("Inbetweens A – B")
    assert bpy.ops.fcvg.remove_inbetweens() == {"FINISHED"}
    assert not list(strips.ours())
