# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes as an artist has them: made, flipped through, pinned, deleted; nothing that was made is ever lost."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import DONE, INCOMPLETE, files, idle, ours, save, shows_nothing, status, turn_until, two_strips
from drawn_panels import drawn
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.edit import lay_strip, placeholder, strip_takes, strips, take_files, take_folders
from fcvg_blender.jobs.session import session
from fcvg_blender.settings.addon_choices import Choices
from fcvg_blender.takes import new_take
from fcvg_blender.ui import shortcuts, take_labels
from fcvg_blender.ui.panels import takes as panels_takes

GAP = 4
MANY = 200  # drawings; the engine is not through with them when the first are seen


@pytest.fixture
def two_takes(edit: Edit) -> Edit:
    """A strip whose take 1 is PNG and whose take 2, the one it shows, has 16 bits."""
    two_strips(edit, gap=GAP)
    save(edit)
    bpy.ops.fcvg.generate_inbetweens()
    edit.settings.format = "PNG16"
    assert bpy.ops.fcvg.new_take() == {"FINISHED"}
    return edit


@pytest.fixture
def in_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators return at once, and the test turns the timer."""
    monkeypatch.setattr(compat, "has_window", lambda: True)


def push() -> None:
    """What Blender does after a click."""
    bpy.ops.ed.undo_push(message="A step")


def seen() -> tuple[int, list[str], bool, list[tuple[int, str, str]]]:
    """Of the one strip: the take it shows, the files it shows, whether it is pinned, its takes."""
    strip = ours()
    made = [(take.number, take.state, take.format) for take in strip_takes.all_of(strip.fcvg)]
    return strip.fcvg.number, [str(strips.folder(strip) / name) for name in files(strip)], strip.fcvg.pinned, made


def content(strip: Any) -> dict[str, bytes]:
    """All pictures of all takes of a strip by their paths."""
    paths = (take_folders.of_take(strip, take) for take in strip_takes.all_of(strip.fcvg))
    return {str(path): path.read_bytes() for folder in paths for path in folder.glob("*.png")}


def assert_shows_what_is_there() -> None:
    shown = strips.folder(ours())
    assert [drawing.file for drawing in take_files.made(shown) or []] == files(ours())
    assert shown.name == ours().fcvg.folder


def test_a_new_take_is_shown_and_the_old_one_stays(two_takes: Edit) -> None:
    number, shown, pinned, made = seen()
    assert (number, pinned) == (2, False)
    assert made == [(1, DONE, "png"), (2, DONE, "png16")]
    assert_shows_what_is_there()
    made = [path for path in content(ours()) if not path.endswith(placeholder.FILE)]
    assert len(made) == 2 * (GAP + 2), "both have their keys and all their frames"
    bpy.ops.fcvg.show_take(number=1)
    assert_shows_what_is_there()
    assert not set(seen()[1]) & set(shown)


def test_the_new_take_is_timed_as_its_strip(edit: Edit) -> None:
    two_strips(edit, gap=GAP)
    edit.settings.hold = "TWOS"
    bpy.ops.fcvg.generate_inbetweens()
    edit.settings.hold, edit.settings.format = "ONES", "JPG"
    edit.settings.timing, edit.settings.times = "CUSTOM", "0.1, 0.2"  # of another gap
    bpy.ops.fcvg.new_take()
    assert files(ours()) == ["0001.jpg", "0001.jpg", "0003.jpg", "0003.jpg"]


def test_a_take_that_would_be_the_same_is_refused_by_its_number(two_takes: Edit) -> None:
    two_takes.settings.format, two_takes.settings.seed = "PNG", 99  # a dissolve heeds no seed
    with pytest.raises(RuntimeError, match=r"Take 1 is the same"):
        bpy.ops.fcvg.new_take()
    assert len(seen()[3]) == 2


def test_keys_that_have_changed_make_another_take(two_takes: Edit) -> None:
    before = content(ours())
    two_takes.picture("B.png", noise(7))
    assert bpy.ops.fcvg.new_take() == {"FINISHED"}
    assert seen()[0] == 3
    new = content(ours())
    assert {path: new[path] for path in before} == before
    old_key, new_key = (
        take_folders.of_take(ours(), each) / "key_end.png" for each in strip_takes.all_of(ours().fcvg)[1:]
    )
    assert new_key.read_bytes() != old_key.read_bytes()


def test_another_seed_is_another_take_where_noise_is_drawn(edit: Edit, in_a_window: None) -> None:
    two_strips(edit, gap=GAP)
    edit.settings.method, edit.settings.seed = "FCVG", 5
    status().paused = True
    bpy.ops.fcvg.generate_inbetweens()
    assert [take.method for take in strip_takes.all_of(ours().fcvg)] == ["auto", "fcvg"], "a draft, then the final"
    with pytest.raises(new_take.SameTake, match="Take 2 is the same"):
        new_take.wanted(edit.scene, ours(), Choices())
    edit.settings.sampling.steps = 9
    assert new_take.wanted(edit.scene, ours(), Choices()).sampling.steps == 9
    edit.settings.sampling.steps, edit.settings.seed = 0, 6
    assert bpy.ops.fcvg.new_take() == {"FINISHED"}
    assert strip_takes.all_of(ours().fcvg)[2].seed == 6
    bpy.ops.fcvg.cancel()
    status().paused = False
    assert ours() is None


def test_flipping_goes_round_and_round(two_takes: Edit) -> None:
    shown = []
    for by in (1, 1, -1):
        bpy.ops.fcvg.next_take(by=by)
        shown.append(seen()[0])
        assert_shows_what_is_there()
    assert shown == [1, 2, 1]


def test_a_take_that_has_nothing_yet_is_passed_over(two_takes: Edit, in_a_window: None) -> None:
    status().paused = True
    two_takes.settings.format = "JPG"
    bpy.ops.fcvg.new_take()
    bpy.ops.fcvg.next_take(by=1)
    assert seen()[0] == 1
    assert not shows_nothing(ours())
    bpy.ops.fcvg.show_take(number=3)
    assert shows_nothing(ours())
    bpy.ops.fcvg.show_take(number=2)
    assert not shows_nothing(ours())
    assert_shows_what_is_there()
    bpy.ops.fcvg.cancel()
    status().paused = False


def test_several_strips_flip_together(edit: Edit) -> None:
    for number, name in enumerate("ABC"):
        edit.image(name, noise(number), 1, 1 + 14 * number, 11 + 14 * number)
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    edit.select("A", "B", "C")
    bpy.ops.fcvg.generate_inbetweens()
    edit.settings.format = "JPG"
    bpy.ops.fcvg.new_take()
    bpy.ops.fcvg.next_take()
    assert [strip.fcvg.number for _, strip in strips.ours()] == [1, 1]
    assert {name for _, strip in strips.ours() for name in files(strip)} == {f"000{n}.png" for n in range(1, 5)}


def test_a_pinned_take_stays(two_takes: Edit) -> None:
    bpy.ops.fcvg.pin_take(number=1)
    assert (seen()[0], seen()[2]) == (1, True)
    two_takes.settings.format = "JPG"
    bpy.ops.fcvg.new_take()
    number, _, pinned, made = seen()
    assert (number, pinned, made[2]) == (1, True, (3, DONE, "jpg"))
    bpy.ops.fcvg.pin_take()
    assert not seen()[2]


def test_a_deleted_take_leaves_its_files_and_comes_back_whole(two_takes: Edit) -> None:
    push()
    before, pictures = seen(), content(ours())
    bpy.ops.fcvg.delete_take()
    push()
    assert (seen()[0], seen()[3]) == (1, [(1, DONE, "png")])
    assert_shows_what_is_there()
    assert all(Path(path).is_file() for path in pictures)
    bpy.ops.ed.undo()
    assert (seen(), content(ours())) == (before, pictures)
    bpy.ops.ed.redo()
    assert len(seen()[3]) == 1


def test_a_take_that_is_not_shown_goes_without_a_change_to_see(two_takes: Edit) -> None:
    shown = seen()[:2]
    bpy.ops.fcvg.delete_take(number=1)
    assert seen()[:2] == shown
    assert len(seen()[3]) == 1


def test_the_only_take_is_not_deleted(edit: Edit) -> None:
    two_strips(edit, gap=GAP)
    bpy.ops.fcvg.generate_inbetweens()
    with pytest.raises(RuntimeError, match=r"only take.*remove the strip"):
        bpy.ops.fcvg.delete_take()
    assert_shows_what_is_there()


def test_numbers_are_not_used_again_for_what_undo_may_bring_back(two_takes: Edit) -> None:
    bpy.ops.fcvg.delete_take(number=1)
    two_takes.settings.format = "JPG"
    bpy.ops.fcvg.new_take()
    assert [number for number, *_ in seen()[3]] == [2, 3]


@pytest.mark.parametrize(
    "step",
    [
        lambda: bpy.ops.fcvg.next_take(by=1),
        lambda: bpy.ops.fcvg.show_take(number=1),
        lambda: bpy.ops.fcvg.pin_take(),
        lambda: bpy.ops.fcvg.delete_take(number=2),
        lambda: (setattr(bpy.context.scene.fcvg, "format", "JPG"), bpy.ops.fcvg.new_take()),
    ],
    ids=["next", "show", "pin", "delete", "new"],
)
def test_undo_redo_save_and_reload_after_each_step(two_takes: Edit, step: Callable[[], Any]) -> None:
    push()
    before = seen()
    step()
    push()
    after, pictures = seen(), content(ours())
    assert after != before
    bpy.ops.ed.undo()
    assert seen() == before
    bpy.ops.ed.redo()
    assert seen() == after
    assert_shows_what_is_there()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert seen() == after
    assert content(ours()) == pictures


def test_takes_of_a_file_never_saved_move_beside_it_together(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit, gap=GAP)
    bpy.ops.fcvg.generate_inbetweens()
    edit.settings.format = "JPG"
    bpy.ops.fcvg.new_take()
    blend = save(edit)
    for number in (1, 2):
        bpy.ops.fcvg.show_take(number=number)
        assert strips.folder(ours()).parent == blend.parent / "inbetweens"
        assert_shows_what_is_there()


def test_parts_of_a_split_strip_flip_alone_and_share_what_is_made(two_takes: Edit) -> None:
    ours().split(frame=13, split_method="SOFT")
    (_, one), (_, other) = strips.ours()
    two_takes.select(one.name)
    bpy.ops.fcvg.next_take()
    assert (one.fcvg.number, other.fcvg.number) == (1, 2)
    bpy.ops.fcvg.next_take()

    two_takes.select(one.name, other.name)
    two_takes.settings.format = "JPG"
    bpy.ops.fcvg.new_take()
    assert one.fcvg.id == other.fcvg.id, "made once for both"
    assert files(one) == files(other) == [f"000{number}.jpg" for number in range(1, 5)]

    two_takes.select(one.name)
    bpy.ops.fcvg.delete_take()
    assert (one.fcvg.number, other.fcvg.number) == (2, 3)
    assert files(other)[0] == "0001.jpg"


def test_deleting_a_take_that_is_being_made_stops_it(edit: Edit, in_a_window: None) -> None:
    two_strips(edit, gap=MANY)
    save(edit)
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(idle)
    edit.settings.format = "PNG16"
    bpy.ops.fcvg.new_take()
    push()
    turn_until(lambda: strip_takes.all_of(ours().fcvg)[1].made)
    folder = take_folders.of_take(ours(), strip_takes.all_of(ours().fcvg)[1])
    bpy.ops.fcvg.delete_take(number=2)
    push()
    assert not session.jobs
    turn_until(idle)
    assert (ours().fcvg.number, ours().fcvg.state, ours().fcvg.made) == (1, DONE, MANY)
    made = len(take_files.made(folder) or [])
    assert 0 < made < MANY, "what was made stays on disk"
    assert not status().error_message

    bpy.ops.ed.undo()
    turn_until(idle)
    take = strip_takes.all_of(ours().fcvg)[1]
    assert (take.state, take.made) == (INCOMPLETE, made)
    bpy.ops.fcvg.show_take(number=2)
    bpy.ops.fcvg.resume()
    turn_until(idle)
    assert (ours().fcvg.state, ours().fcvg.made) == (DONE, MANY)


def test_undo_of_something_else_goes_on_showing_the_take_that_has_come(edit: Edit, in_a_window: None) -> None:
    two_strips(edit, gap=GAP)
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(idle)
    edit.settings.format = "JPG"
    bpy.ops.fcvg.new_take()
    push()
    turn_until(idle)
    assert ours().fcvg.number == 2
    ours().color_tag = "COLOR_01"
    push()
    bpy.ops.ed.undo()
    assert ours().color_tag == lay_strip.COLOUR_TAG
    assert ours().fcvg.number == 2
    assert_shows_what_is_there()


def test_one_take_shows_no_list(edit: Edit) -> None:
    two_strips(edit, gap=GAP)
    bpy.ops.fcvg.generate_inbetweens()
    assert drawn(panels_takes.FCVG_PT_takes).buttons == ["fcvg.new_take", "fcvg.copy_recipe"]


def test_each_take_has_a_row(two_takes: Edit, in_a_window: None) -> None:
    status().paused = True
    two_takes.settings.method, two_takes.settings.seed = "FCVG", 7
    bpy.ops.fcvg.new_take()
    sheet = drawn(panels_takes.FCVG_PT_takes)
    assert sheet.buttons.count("fcvg.show_take") == sheet.buttons.count("fcvg.delete_take") == 3
    titles = [take_labels.title(ours().fcvg, take) for take in strip_takes.all_of(ours().fcvg)]
    assert titles == ["1  Draft, Dissolve, PNG", "2  Draft, Dissolve, PNG 16 bit", "3  FCVG, seed 7, PNG 16 bit"]
    assert "It waits for its turn" in take_labels.everything(ours().fcvg, strip_takes.all_of(ours().fcvg)[2])
    drawn(panels_takes.FCVG_MT_takes)
    bpy.ops.fcvg.cancel()
    status().paused = False


def default_keys() -> set[tuple[str, frozenset[str]]]:
    """Keys, with what is held down, that Blender's own configurations use where the sequencer listens."""
    names = {compat.SEQUENCER_KEYMAP, "Sequencer", "SequencerPreview", "Preview", "Window", "Screen", "Screen Editing"}
    names |= {"Frames", "Markers", "View2D"}
    found = set()
    for path in Path(bpy.utils.system_resource("SCRIPTS")).glob("presets/keyconfig/keymap_data/*.py"):
        loader = importlib.util.spec_from_file_location(path.stem, path)
        module = sys.modules[path.stem] = importlib.util.module_from_spec(loader)
        loader.loader.exec_module(module)
        for name, _, content in module.generate_keymaps(module.Params()):
            for _, key, _ in content["items"] if name in names else ():
                held = {each for each in ("shift", "ctrl", "alt", "oskey") if key.get(each)}
                found.add((key["type"], frozenset(held)))
    return found


def test_shortcuts_are_free_in_this_blender_and_can_be_changed() -> None:
    keymap = bpy.context.window_manager.keyconfigs.addon.keymaps[compat.SEQUENCER_KEYMAP]
    mine = [item for item in keymap.keymap_items if item.idname.startswith("fcvg.")]
    assert [(item.idname, item.properties.get("by")) for item in mine] == [
        ("fcvg.generate_inbetweens", None),
        ("fcvg.next_take", 1),
        ("fcvg.next_take", -1),
    ]
    taken = default_keys()
    assert ("B", frozenset()) in taken, "box select, in every version"
    assert not {(item.type, frozenset({"shift"})) for item in mine} & taken
    assert all(item.shift and not (item.ctrl or item.alt or item.oskey) for item in mine)
    shortcuts.unregister()
    assert not [item for item in keymap.keymap_items if item.idname.startswith("fcvg.")]
    shortcuts.register()
