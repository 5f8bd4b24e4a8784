# SPDX-License-Identifier: GPL-3.0-or-later
"""Inbetweens that were copied, with their scene or alone: what is done to one of them leaves the others as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import copied
import pytest
from artist import DONE, HANG_S, Shown, idle, save, status, turn_until, two_strips
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.app import handlers
from fcvg_blender.edit import strips
from fcvg_blender.jobs.session import session
from fcvg_blender.settings.strip_record import INCOMPLETE, RUNNING, WAITING

Copy = Callable[[Edit], Edit]
ALL = copied.SCENES + copied.STRIPS


@pytest.fixture(autouse=True)
def no_jobs_left() -> Iterator[None]:
    yield
    session.close(timeout_s=HANG_S)
    session.laid.sweep()
    status().paused = False


@pytest.fixture
def in_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "has_window", lambda: True)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_DUMMY", "1")
    monkeypatch.setenv("FCVG_DUMMY_DELAY_S", "0.15")


def files(folder: Path) -> dict[str, str]:
    """All that lies in a folder, with its content."""
    return {
        str(each.relative_to(folder)): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in folder.rglob("*")
        if each.is_file()
    }


def seen(edit: Edit, frames: range = range(10, 18)) -> list[Any]:
    """The pictures of the edit around its first inbetweens."""
    return [edit.rendered(frame).tobytes() for frame in frames]


def generated(edit: Edit, pushed: bool = False) -> Any:
    """An edit with one finished strip of inbetweens, which is returned; with `pushed` room was made for it."""
    two_strips(edit, gap=0 if pushed else 4)
    edit.settings.placement, edit.settings.count = "PUSH", 4
    edit.scene.timeline_markers.new("m", frame=15)
    bpy.ops.fcvg.generate_inbetweens()
    (strip,) = copied.inbetweens(edit)
    assert strip.fcvg.state == DONE
    return strip


@pytest.mark.parametrize("original", [True, False])
@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("copy", copied.SCENES)
def test_removing_inbetweens_of_a_scene_leaves_its_copies_alone(
    edit: Edit, copy: Copy, pushed: bool, original: bool
) -> None:
    generated(edit, pushed)
    other = copy(edit)
    one, another = (edit, other) if original else (other, edit)
    before = Shown.of(another.scene)
    copied.make_active(one, copied.inbetweens(one)[0])
    assert bpy.ops.fcvg.remove_inbetweens() == {"FINISHED"}
    assert not copied.inbetweens(one)
    assert Shown.of(another.scene) == before


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("copy", copied.STRIPS)
def test_removing_one_of_two_strips_leaves_the_other(edit: Edit, copy: Copy, which: int) -> None:
    generated(edit)
    copy(edit)
    found = copied.inbetweens(edit)
    gone, stays = found[which].name, found[1 - which].name
    before = edit.layout()
    copied.make_active(edit, edit.named(gone))
    bpy.ops.fcvg.remove_inbetweens()
    assert edit.layout() == {name: where for name, where in before.items() if name != gone}
    assert stays in edit.layout()


@pytest.mark.parametrize("copy", ALL)
def test_an_inbetween_of_a_copied_strip_becomes_a_key_and_the_copy_stays(edit: Edit, copy: Copy) -> None:
    generated(edit)
    other = copy(edit)
    kept = copied.inbetweens(other)[-1].name
    before, folder = other.layout()[kept], strips.folder(other.named(kept))
    content = files(folder)
    copied.make_active(edit, copied.inbetweens(edit)[0])
    edit.scene.frame_current = 12
    assert bpy.ops.fcvg.promote_to_key() == {"FINISHED"}
    assert any(strip.fcvg.promoted for strip in compat.all_strips(edit.scene))
    assert other.layout()[kept] == before
    assert not any(strip.fcvg.promoted for strip in compat.all_strips(other.scene)) or other is edit
    assert files(folder) == content


def test_a_strip_that_was_cut_is_told_from_one_that_was_copied(edit: Edit) -> None:
    strip = generated(edit)
    strip.split(frame=13, split_method="SOFT")
    copied.full_copy(edit)
    copied.make_active(edit, copied.inbetweens(edit)[0])
    edit.scene.frame_current = 12
    with pytest.raises(RuntimeError, match="cut in two"):
        bpy.ops.fcvg.promote_to_key()
    bpy.ops.fcvg.remove_inbetweens()
    assert not copied.inbetweens(edit), "both parts are the strip"
    assert len(list(strips.ours())) == 2, "those of the copy stay"


@pytest.mark.parametrize("copy", ALL)
def test_what_is_missing_of_a_copy_is_made_out_of_its_own_keys(edit: Edit, copy: Copy) -> None:
    """Two drawings are gone; the artist has them made in the copy, whose keys are others."""
    first = generated(edit)
    folder = strips.folder(first)
    for name in ("0002.png", "0003.png"):
        (folder / name).unlink()
    bpy.ops.fcvg.check_keys()
    other = copy(edit)
    strip = copied.inbetweens(other)[-1]
    before = files(folder)
    copied.make_active(other, strip)
    assert bpy.ops.fcvg.make_missing() == {"FINISHED"}
    strip = copied.inbetweens(other)[-1]
    assert (strip.fcvg.state, strip.fcvg.made) == (DONE, 4)
    assert strips.folder(strip) != folder
    assert files(folder) == before, "the original's folder is as it was"
    assert copied.inbetweens(edit)[0].fcvg.state == INCOMPLETE
    save(edit)
    assert (strips.folder(strip) / "0003.png").is_file()


@pytest.mark.parametrize("copy", ALL)
def test_a_new_take_of_a_copy_is_the_copys_alone(edit: Edit, copy: Copy) -> None:
    generated(edit)
    before = seen(edit)
    other = copy(edit)
    copied.make_active(other, copied.inbetweens(other)[-1])
    other.settings.format = "PNG16"
    assert bpy.ops.fcvg.new_take() == {"FINISHED"}
    assert len(copied.inbetweens(other)[-1].fcvg.others) == 1
    assert not len(copied.inbetweens(edit)[0].fcvg.others)
    if other is not edit:
        copied.show(edit)
        assert seen(edit) == before


@pytest.mark.parametrize("copy", ALL)
def test_cancelling_leaves_the_copy_its_frames(
    edit: Edit, copy: Copy, in_a_window: None, slow: None, tmp_path: Path
) -> None:
    """The original is being made while the artist copies it, and is cancelled then: only its own strip goes."""
    two_strips(edit, gap=4)
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(lambda: copied.inbetweens(edit)[0].fcvg.state == RUNNING)
    other = copy(edit)
    status().paused = True
    strip = copied.inbetweens(edit)[0].name
    (job,) = session.jobs
    bpy.ops.fcvg.cancel(job=job)
    turn_until(idle)
    assert strip not in edit.layout()
    (left,) = copied.inbetweens(other)
    assert left.fcvg.state == WAITING, "the copy waits for its own turn"
    shown = {element.filename for element in left.elements}
    assert all((strips.folder(left) / name).is_file() for name in shown)
    status().paused = False
    turn_until(lambda: copied.inbetweens(other)[0].fcvg.state == DONE)


@pytest.mark.parametrize("copy", copied.SCENES)
def test_a_job_fills_the_strip_that_it_was_begun_for(edit: Edit, copy: Copy, in_a_window: None) -> None:
    two_strips(edit, gap=4)
    bpy.ops.fcvg.generate_inbetweens()
    other = copy(edit)
    compat.contents(other.scene.sequence_editor).remove(other.named("A"))
    turn_until(lambda: not session.jobs)
    strip = copied.inbetweens(edit)[0]
    assert (strip.fcvg.state, strip.fcvg.made) == (DONE, 4)
    copied.show(edit)
    assert seen(edit)[0] == noise(1).tobytes()


@pytest.mark.parametrize("copy", ALL)
def test_undo_and_redo_lead_to_the_same_strips(edit: Edit, copy: Copy) -> None:
    generated(edit)
    bpy.ops.ed.undo_push(message="generated")
    copy(edit)
    bpy.ops.ed.undo_push(message="copied")

    def state() -> Any:
        return sorted(
            (scene.name, strip.name, strip.fcvg.id, strip.fcvg.state, strip.fcvg.made, str(strips.folder(strip)))
            for scene, strip in strips.ours()
        )

    handlers.before_save("")
    before = state()
    assert len({each[2] for each in before}) == 2
    bpy.context.scene.frame_current = 3
    bpy.ops.ed.undo_push(message="later")
    for _ in range(2):
        bpy.ops.ed.undo()
        assert state() == before
        bpy.ops.ed.undo()
        assert len(state()) == 1
        bpy.ops.ed.redo()
        assert state() == before
        bpy.ops.ed.redo()
        assert state() == before


@pytest.mark.parametrize("copy", ALL)
def test_a_file_with_copies_that_is_saved_first_has_all_frames_beside_it(edit: Edit, copy: Copy) -> None:
    first = generated(edit)
    folder = strips.folder(first)
    copy(edit)
    beside = save(edit).parent / "inbetweens"
    assert {strips.folder(strip).parent for _, strip in strips.ours()} == {beside}
    assert all((strips.folder(strip) / "0001.png").is_file() for _, strip in strips.ours())
    assert not folder.exists() or copy is copied.appended, "another file knows of it there"


@pytest.mark.parametrize("copy", copied.SCENES)
def test_conditions_are_removed_from_one_scene_only(edit: Edit, copy: Copy) -> None:
    strip = generated(edit)
    strip.fcvg.overlay = True
    other = copy(edit)
    copied.make_active(other, copied.inbetweens(other)[0])
    bpy.ops.fcvg.remove_conditions()
    assert (len(copied.inbetweens(edit)), len(copied.inbetweens(other))) == (1, 0)
