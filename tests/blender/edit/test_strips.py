# SPDX-License-Identifier: GPL-3.0-or-later
"""The strip of inbetweens as the artist meets it: seen in the edit, found again, taken out without a trace."""

from __future__ import annotations

import random

import bpy
import numpy as np
import pytest
from artist import shows_nothing
from edits import Edit, noise
from laid_strips import engine_writes, insert, lay, request, strip_of, two_pictures
from pictures import write_png

from fcvg_blender import compat
from fcvg_blender.edit import (
    gap_refusals,
    gaps,
    lay_strip,
    remove_strip,
    strip_pictures,
    strip_takes,
    strips,
    take_folders,
)
from fcvg_blender.engine import errors
from fcvg_blender.keys import render_keys
from fcvg_blender.settings import strip_record


def test_the_gap_shows_the_nearer_key_at_once(edit: Edit) -> None:
    """Of five frames the middle one is as near to either, and shows the earlier."""
    two_pictures(edit, gap=5)
    insert(edit, "A", "B")
    strip = strip_of()
    assert edit.layout()[strip.name] == (2, 25, 30)
    assert strip.name == "Inbetweens A – B"
    for frame in (24, 25, 26, 27):
        assert (edit.rendered(frame) == noise(1)).all()
    for frame in (28, 29, 30):
        assert (edit.rendered(frame) == noise(2)).all()


def test_without_its_keys_the_strip_shows_nothing(edit: Edit) -> None:
    """Blender would show missing pictures in magenta. Its outline and its thumbnails get the size of the first."""
    two_pictures(edit)
    before = edit.rendered(25)
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    folder = take_folders.place(edit.scene, "A", "id1", base=str(edit.folder / "frames"))
    take_folders.make_for_strip(folder, edit.scene)
    lay_strip.insert(edit.scene, shot, folder, "id1", request(folder, shot))
    assert shows_nothing(strip_of())
    assert (edit.rendered(25) == before).all()
    first, render = strip_of().elements[0], edit.scene.render
    assert (first.orig_width, first.orig_height) == (render.resolution_x, render.resolution_y)
    render_keys.write_keys(edit.scene, shot, folder, "png")
    strip_takes.refresh(strip_of())
    assert not shows_nothing(strip_of())
    assert (edit.rendered(25) == noise(1)).all()


def test_a_strip_that_the_artist_has_muted_stays_muted(edit: Edit) -> None:
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    strip_of().mute = True
    engine_writes(folder, 1, 2, 3, 4)
    strip_takes.refresh(strip_of())
    strip_pictures.sync(strip_of())
    assert strip_of().mute


def test_frames_appear_in_the_edit_as_they_are_made(edit: Edit) -> None:
    """The same frame of the timeline is rendered before and after, so that a stale cache would be seen."""
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    stand_ins = {2: noise(1), 1: noise(1), 4: noise(2), 3: noise(102)}
    for made, number in enumerate(stand_ins, 1):
        before = edit.rendered(24 + number)
        strip_pictures.show(strip_of(), engine_writes(folder, number))
        after = edit.rendered(24 + number)
        assert (before == stand_ins[number]).all()
        assert (after == noise(100 + number)).all()
        assert strip_of().fcvg.made == made


def test_until_its_own_drawing_is_made_a_frame_shows_the_nearest(edit: Edit) -> None:
    """Four frames at 0.2, 0.4, 0.6, 0.8; the drawing at 0.4 is as near to 0.2 as the key is, which is earlier."""
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    strip_pictures.show(strip_of(), engine_writes(folder, 2))
    shown = [element.filename for element in strip_of().elements]
    assert shown == ["key_start.png", "0002.png", "0002.png", "key_end.png"]
    assert strip_of().fcvg.made == 1


def test_drawings_are_held(edit: Edit) -> None:
    """Five frames on twos: the last drawing is shown once."""
    two_pictures(edit, gap=5)
    _, folder = insert(edit, "A", "B", hold=2)
    strip_pictures.show(strip_of(), engine_writes(folder, 1, 3, 5, count=5, hold=2))
    assert [element.filename for element in strip_of().elements] == [f"000{n}.png" for n in (1, 1, 3, 3, 5)]
    assert (edit.rendered(28) == noise(103)).all()
    assert strip_of().fcvg.made == 5


def test_transparent_frames_let_the_background_through(edit: Edit) -> None:
    edit.colour("Background", 1, 1, 60, (0, 0, 1))
    edit.image("A", noise(1, soft=True), 2, 1, 25)
    edit.image("B", noise(2), 2, 27, 60)
    insert(edit, "A", "B")
    assert np.abs(edit.rendered(24).astype(int) - edit.rendered(25)).max() <= 1


def test_blend_mode_of_the_keys_is_taken_over(edit: Edit) -> None:
    two_pictures(edit)
    for name in "AB":
        edit.named(name).blend_type = "MULTIPLY"
    insert(edit, "A", "B")
    assert strip_of().blend_type == "MULTIPLY"


def test_exr_strip_shows_the_colours_of_its_keys(edit: Edit) -> None:
    two_pictures(edit)
    insert(edit, "A", "B", format="exr")
    assert np.abs(edit.rendered(24).astype(int) - edit.rendered(25)).max() <= 1


def test_the_strip_remembers(edit: Edit) -> None:
    two_pictures(edit)
    insert(edit, "A", "B", method="rife", timing=[0.1, 0.30000000000000004, 0.7, 0.9], hold=1, seed=7, format="png16")
    record = strip_of().fcvg
    assert (record.state, record.method, record.count, record.hold, record.seed) == ("WAITING", "rife", 4, 1, 7)
    assert record.engine_timing() == [0.1, 0.30000000000000004, 0.7, 0.9]
    assert (record.key_start, record.key_end, record.start_frame, record.end_frame) == ("A", "B", 24, 29)
    assert (record.placement, record.format) == ("GAP", "png16")
    assert (record.number, record.folder, len(record.others)) == (1, "A_id1", 0)
    keys = [edit.named(name).fcvg.key for name in "AB"]
    assert [record.key_start_id, record.key_end_id] == keys
    assert keys[0] != keys[1]


def test_the_new_strip_is_the_only_selected_and_the_active_one(edit: Edit) -> None:
    two_pictures(edit)
    insert(edit, "A", "B")
    assert compat.selected_strips(bpy.context) == [strip_of()]
    assert edit.scene.sequence_editor.active_strip == strip_of()


def test_removing_leaves_the_edit_as_it_was(edit: Edit) -> None:
    two_pictures(edit)
    edit.colour("Other", 5, 1, 10)
    before = edit.layout()
    _, folder = insert(edit, "A", "B")
    assert remove_strip.remove("id1")
    assert edit.layout() == before
    assert sorted(strip.name for strip in compat.selected_strips(bpy.context)) == ["A", "B"]
    assert edit.scene.sequence_editor.active_strip.name == "B"
    assert (folder / "key_start.png").exists()
    assert not remove_strip.remove("id1")


def build_busy_edit(edit: Edit, seed: int) -> dict[str, tuple[int, int, int]]:
    """Two strips that touch at 25, others before, after and across, with effects; where all of them lie."""
    dice = random.Random(seed)
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 25, 60)
    edit.colour("Across", 2, dice.randint(2, 20), dice.randint(30, 90))
    previous = edit.colour("C3", 3, 25 + dice.randint(0, 9), 50)
    edit.effect("Blur", "GAUSSIAN_BLUR", 5, 1, 2, previous)
    nexts = edit.colour("C4", 4, 50 - dice.randint(1, 12), 80)
    edit.effect("Cross", "CROSS", 6, 1, 2, previous, nexts)
    edit.colour("Right after the cross", 6, 50, 50 + dice.randint(1, 30))
    left = 25
    for number in range(dice.randint(3, 12)):
        left += dice.randint(0, 4)
        right = left + dice.randint(1, 15)
        edit.colour(f"Row {number}", 7, left, right)
        left = right
    edit.colour("Before", 8, -30, 25 - dice.randint(0, 20))
    edit.meta("Meta", 9, edit.colour("In meta", 10, 30, 44))
    for frame in (5, 24, 25, 70):
        edit.scene.timeline_markers.new(str(frame), frame=frame)
    edit.scene.frame_end = 250
    edit.settings.placement, edit.settings.count = "PUSH", dice.randint(1, 40)
    return edit.layout()


@pytest.mark.parametrize("seed", range(6))
def test_pushing_moves_all_that_comes_later_and_back(edit: Edit, seed: int) -> None:
    before = build_busy_edit(edit, seed)
    animated = edit.named("Row 0")
    for frame, opacity in ((26, 0.0), (30, 1.0)):
        animated.blend_alpha = opacity
        animated.keyframe_insert("blend_alpha", frame=frame)
    animated.blend_alpha = 0.5
    shot, _ = insert(edit, "A", "B")
    count = shot.count
    layout = edit.layout()
    assert layout.pop("Inbetweens A – B") == (shot.channel, 25, 25 + count)
    stay = {"A", "Across", "Before"}
    assert layout == {
        name: where if name in stay else (where[0], where[1] + count, where[2] + count)
        for name, where in before.items()
    }
    assert sorted(marker.frame for marker in edit.scene.timeline_markers) == [5, 24, 25 + count, 70 + count]
    assert edit.scene.frame_end == 250 + count
    edit.scene.frame_set(30 + count)
    assert edit.named("Row 0").blend_alpha == pytest.approx(1.0)
    assert (strip_of().fcvg.start_frame, strip_of().fcvg.end_frame) == (24, 25 + count)

    remove_strip.remove("id1")
    assert edit.layout() == before
    assert sorted(marker.frame for marker in edit.scene.timeline_markers) == [5, 24, 25, 70]
    assert edit.scene.frame_end == 250


def test_pushing_leaves_markers_and_a_scene_that_ends_before(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 25, 60)
    edit.scene.timeline_markers.new("m", frame=30)
    edit.scene.frame_end = 24
    edit.settings.placement, edit.settings.push_markers = "PUSH", False
    insert(edit, "A", "B")
    assert (edit.scene.timeline_markers[0].frame, edit.scene.frame_end) == (30, 24)


def test_room_that_the_artist_has_used_stays_open(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 25, 60)
    edit.settings.placement, edit.settings.count = "PUSH", 10
    insert(edit, "A", "B")
    edit.colour("New", 1, 27, 30)
    before = edit.layout()
    del before["Inbetweens A – B"]
    remove_strip.remove("id1")
    assert edit.layout() == before


def test_an_edit_that_cannot_be_pushed_is_not_touched(edit: Edit) -> None:
    edit.colour("A", 1, 1, 25)
    edit.colour("B", 1, 25, 60)
    edit.settings.placement = "PUSH"
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    edit.named("B").lock = True
    before = edit.layout()
    with pytest.raises(gap_refusals.ShotProblem, match="locked"):
        lay_strip.insert(edit.scene, shot, edit.folder, "id1", request(edit.folder, shot))
    assert edit.layout() == before


def test_a_path_too_long_for_blender_is_refused(edit: Edit) -> None:
    two_pictures(edit)
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    before = edit.layout()
    folder = edit.folder.joinpath(*["x" * 100] * 8)
    with pytest.raises(errors.DiskError, match="too long"):
        lay_strip.insert(edit.scene, shot, folder, "id1", request(folder, shot))
    assert edit.layout() == before


def test_a_path_as_long_as_blender_takes_works(edit: Edit) -> None:
    """Three hundred characters with spaces, quotes, and letters of other scripts."""
    two_pictures(edit)
    base = edit.folder.joinpath('it\'s "ünïcode" 原画 -x', *["y" * 120] * 2)
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    lay(edit, shot, take_folders.place(edit.scene, "A", "id1", base=str(base)))
    assert (edit.rendered(26) == noise(1)).all()


def test_strips_inside_an_open_meta_strip(edit: Edit) -> None:
    """Inserted beside its keys, found from outside, removed again."""
    meta = edit.meta("Meta", 1, edit.image("A", noise(1), 1, 1, 25), edit.image("B", noise(2), 1, 29, 40))
    edit.scene.sequence_editor.display_stack(meta)
    before = edit.layout()
    insert(edit, "A", "B")
    assert strip_of().parent_meta().name == "Meta"
    edit.scene.sequence_editor.display_stack(None)
    assert (edit.rendered(26) == noise(1)).all()
    assert remove_strip.remove("id1")
    assert edit.layout() == before


def test_both_halves_of_a_split_strip_get_frames(edit: Edit) -> None:
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    strip_of().split(frame=27, split_method="SOFT")
    assert len(strips.find_all("id1")) == 2
    drawings = engine_writes(folder, 1, 2, 3, 4)
    for _, half in strips.find_all("id1"):
        strip_pictures.show(half, drawings)
    for number in range(1, 5):
        assert (edit.rendered(24 + number) == noise(100 + number)).all()
    remove_strip.remove("id1")
    assert sorted(edit.layout()) == ["A", "B"]


def test_sync_shows_what_is_on_disk(edit: Edit) -> None:
    """As after undo or a crash: the strip still shows keys, frames 1 and 3 are there."""
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    engine_writes(folder, 1, 3)
    record = strip_of().fcvg
    record.state = strip_record.RUNNING
    strip_pictures.sync(strip_of())
    assert (record.made, record.state) == (2, strip_record.RUNNING)
    assert (edit.rendered(27) == noise(103)).all()
    assert (edit.rendered(28) == noise(103)).all()
    engine_writes(folder, 2, 4, method="rife", notes=["Made on twos.", "Looks fine."])
    strip_pictures.sync(strip_of())
    assert (record.made, record.state, record.method_used) == (4, strip_record.DONE, "rife")
    assert (record.notes, record.engine_version) == ("Made on twos. Looks fine.", "9.9")
    assert (edit.rendered(28) == noise(104)).all()
    (folder / "0002.png").unlink()
    strip_pictures.sync(strip_of())
    assert (record.made, record.state) == (3, strip_record.INCOMPLETE)
    assert strip_of().elements[1].filename == "0001.png"


def test_drawings_that_the_engine_has_not_written_down_are_not_shown(edit: Edit) -> None:
    """Such as one half written when the computer stopped, or a picture that somebody put there."""
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    engine_writes(folder, 1)
    write_png(folder / "0002.png", noise(102))
    strip_pictures.sync(strip_of())
    assert [element.filename for element in strip_of().elements][:2] == ["0001.png", "0001.png"]
    assert strip_of().fcvg.made == 1


BROKEN = [
    "",
    "{",
    "[]",
    "[" * 5000,
    '{"identity": 3, "frames": [{"time": 0.2, "file": "0001.png"}]}',
    '{"manifest": 1}',
    '{"identity": {}, "frames": [3, {"time": "0.2", "file": "0001.png"}, {"time": 1.5, "file": "0001.png"}]}',
    '{"identity": {}, "frames": [{"time": 0.2, "file": "../elsewhere.png"}, {"time": 0.4, "file": null}]}',
]


@pytest.mark.parametrize("manifest", BROKEN)
def test_sync_takes_any_manifest(edit: Edit, manifest: str) -> None:
    """The keys are shown then."""
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    engine_writes(folder, 1, 2, 3, 4)
    strip_pictures.sync(strip_of())
    (folder / "manifest.json").write_text(manifest)
    strip_pictures.sync(strip_of())
    assert (strip_of().fcvg.state, strip_of().fcvg.made) == (strip_record.INCOMPLETE, 0)
    assert {element.filename for element in strip_of().elements} == {"key_start.png", "key_end.png"}


def test_sync_leaves_a_strip_whose_disk_is_gone(edit: Edit) -> None:
    two_pictures(edit)
    _, folder = insert(edit, "A", "B")
    engine_writes(folder, 1, 2, 3, 4)
    strip_pictures.sync(strip_of())
    folder.rename(folder.with_name("elsewhere"))
    strip_pictures.sync(strip_of())
    assert strip_of().fcvg.state == strip_record.DONE
    assert strip_of().elements[3].filename == "0004.png"


def test_found_after_saving_and_loading(edit: Edit) -> None:
    two_pictures(edit)
    blend = edit.folder / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    _, folder = insert(edit, "A", "B", method="gmfss")
    assert strip_of().directory.startswith("//")
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert strips.find("id1") is None
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert strip_of().fcvg.method == "gmfss"
    assert strips.folder(strip_of()).samefile(folder)
    assert strip_of().fcvg.key_start_id == Edit(bpy.context.scene, edit.folder).named("A").fcvg.key
    assert [strip for _, strip in strips.ours()] == [strip_of()]
