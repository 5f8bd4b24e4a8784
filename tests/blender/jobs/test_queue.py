# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue while the artist works on: keys renamed, moved, deleted, metas, undo, saving; drafts; what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from artist import (
    DONE,
    INCOMPLETE,
    RUNNING,
    Shown,
    files,
    idle,
    is_dissolve,
    ours,
    save,
    shows_nothing,
    status,
    turn_until,
    two_strips,
)
from edits import Edit, noise, read

from fcvg_blender import compat
from fcvg_blender.edit import gaps, strip_takes, strips, take_folders
from fcvg_blender.engine import methods, protocol
from fcvg_blender.jobs import begin_take, launch, queue, queue_commands, without_window
from fcvg_blender.jobs.session import session
from fcvg_blender.keys import render_keys
from fcvg_blender.settings import menu_choices, strip_record
from fcvg_blender.settings.addon_choices import Choices

WAITING = strip_record.WAITING
GAP = 4


@pytest.fixture(autouse=True)
def with_a_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Operators return at once, as with a window, and the tests turn the timer."""
    monkeypatch.setattr(compat, "has_window", lambda: True)
    yield
    status().paused = False
    bpy.ops.fcvg.cancel()
    turn_until(settled)


def settled() -> bool:
    return idle() and not queue.can_go_on()


@pytest.fixture
def board(edit: Edit) -> Edit:
    """A, B and C with gaps between them; both gaps wait in a queue that is paused."""
    for number, name in enumerate("ABC"):
        first = 1 + number * (10 + GAP)
        edit.image(name, noise(number + 1), 1, first, first + 10)
    edit.select(*"ABC")
    edit.settings.method, edit.settings.cuts = "DISSOLVE", "MAKE"
    bpy.ops.ed.undo_push(message="Edit")
    status().paused = True
    bpy.ops.fcvg.generate_inbetweens()
    bpy.ops.ed.undo_push(message="Generate Inbetweens")
    return edit


def gap(key: str) -> Any:
    """The strip of inbetweens whose earlier key had this name."""
    return next(strip for _, strip in strips.ours() if strip.fcvg.key_start == key)


def go_on() -> None:
    status().paused = False
    turn_until(settled)


def assert_filled(strip: Any, count: int = GAP) -> None:
    """Done, seen, and one drawing a frame, from one key to the other."""
    assert (strip.fcvg.state, strip.fcvg.made, strip.fcvg.error) == (DONE, count, "")
    assert files(strip) == [f"{number:04d}.png" for number in range(1, count + 1)]
    assert is_dissolve(strips.folder(strip), read)


def test_until_its_turn_comes_a_strip_shows_what_lies_below_it(board: Edit) -> None:
    board.colour("Below", gap("A").channel - 1, 12, 15, (0.2, 0.5, 0.8))
    assert all(shows_nothing(strip) for _, strip in strips.ours())
    seen = board.rendered(13)
    gap("A").mute = True
    assert (board.rendered(13) == seen).all()
    gap("A").mute = False
    compat.strips(board.scene).remove(board.named("Below"))
    turn_until(idle)
    assert [strip.fcvg.state for _, strip in strips.ours()] == [WAITING, WAITING], "paused"
    go_on()
    assert_filled(gap("A"))
    assert_filled(gap("B"))


def test_what_is_undone_before_its_turn_leaves_no_folder_behind(board: Edit) -> None:
    """Not before the file is closed: until then it may be redone."""
    made = [strips.folder(strip) for _, strip in strips.ours()]
    bpy.ops.ed.undo()
    bpy.ops.ed.redo()
    assert all(shows_nothing(strip) for _, strip in strips.ours())
    bpy.ops.ed.undo()
    assert all(folder.is_dir() for folder in made)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not any(folder.exists() for folder in made)


def test_a_file_that_comes_without_its_folders_shows_nothing_where_it_waits(board: Edit, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for picture in board.folder.glob("*.png"):
        shutil.copy(picture, there)
    bpy.ops.wm.open_mainfile(filepath=str(shutil.copy(save(board), there)))
    assert [strips.folder(strip).parent for _, strip in strips.ours()] == [there / "inbetweens"] * 2
    assert all(strip.mute for _, strip in strips.ours())
    assert sorted(path.name for path in there.iterdir()) == ["A.png", "B.png", "C.png", "film.blend"]
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    go_on()
    assert_filled(gap("A"))
    assert_filled(gap("B"))
    assert not any(strip.mute for _, strip in strips.ours())


def test_renaming_keys_is_harmless(board: Edit) -> None:
    board.named("A").name, board.named("B").name, board.named("C").name = "X", "A", "B"
    go_on()
    assert_filled(gap("A"))
    assert_filled(gap("B"))
    assert (read(strips.folder(gap("B")) / "key_start.png") == read(strips.folder(gap("A")) / "key_end.png")).all()


def test_a_key_replaced_by_another_of_its_name_is_not_mistaken_for_it(board: Edit) -> None:
    board.named("A").name = "Old A"
    board.colour("A", 7, 200, 210)
    go_on()
    assert_filled(gap("A"))


def test_a_split_key_counts_where_it_lies_next_to_the_gap(board: Edit) -> None:
    """Both parts carry the key's id."""
    board.named("B").split(frame=20, split_method="SOFT")
    go_on()
    assert_filled(gap("A"))
    assert_filled(gap("B"))
    assert (board.rendered(14) != board.rendered(15)).any()


def test_a_strip_follows_its_gap_when_the_keys_are_moved(board: Edit) -> None:
    for name in "CB":
        compat.shift(board.named(name), 3)
    compat.shift(board.named("C"), -5)
    go_on()
    assert_filled(gap("A"), GAP + 3)
    assert (compat.left(gap("A")), compat.right(gap("A"))) == (11, 11 + GAP + 3)
    assert (gap("B").fcvg.state, gap("B").fcvg.error) == (INCOMPLETE, "There is no room any more between “B” and “C”.")


def test_a_strip_follows_its_gap_past_what_lies_on_its_channel(board: Edit) -> None:
    """Where the strip was, a longer one would run into another."""
    strip = gap("B")
    board.colour("In the way", strip.channel, compat.right(strip) + 1, 60)
    for name in "CB":
        compat.shift(board.named(name), 60)
    compat.shift(board.named("C"), 2)
    before = board.layout()["In the way"]
    go_on()
    assert_filled(gap("B"), GAP + 2)
    assert board.layout()[gap("B").name] == (before[0], 25 + 60, 25 + 60 + GAP + 2)
    assert board.layout()["In the way"] == before


def test_what_lies_in_the_way_is_named_and_the_queue_goes_on(board: Edit) -> None:
    compat.shift(board.named("A"), -2)
    board.colour("Title", gap("A").channel, 5, 10)
    before = board.layout()
    go_on()
    assert gap("A").fcvg.state == INCOMPLETE
    assert gap("A").fcvg.error.startswith("“Title” is in the way")
    assert board.layout() == before
    assert_filled(gap("B"))


def test_a_key_that_is_gone_is_named_and_the_queue_goes_on(board: Edit) -> None:
    compat.strips(board.scene).remove(board.named("A"))
    go_on()
    strip = gap("A")
    assert strip.fcvg.state == INCOMPLETE
    assert shows_nothing(strip)
    assert "the strip “A”, is gone" in strip.fcvg.error
    assert_filled(gap("B"))


def test_a_picture_that_is_gone_is_named_and_can_be_brought_back(board: Edit) -> None:
    picture = board.folder / "A.png"
    aside = picture.rename(board.folder / "aside.png")
    go_on()
    assert "“A” is missing" in gap("A").fcvg.error
    aside.rename(picture)
    board.select(gap("A").name)
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    turn_until(settled)
    assert_filled(gap("A"))


def test_inside_a_meta_strip_that_is_closed_meanwhile(edit: Edit) -> None:
    meta = edit.meta("Meta", 1, edit.image("A", noise(1), 1, 1, 11), edit.image("B", noise(2), 1, 11 + GAP, 30))
    edit.scene.sequence_editor.display_stack(meta)
    edit.select("A", "B")
    edit.settings.method, edit.settings.cuts, status().paused = "DISSOLVE", "MAKE", True
    bpy.ops.fcvg.generate_inbetweens()
    edit.scene.sequence_editor.display_stack(None)
    go_on()
    assert_filled(ours())
    assert ours().parent_meta().name == "Meta"


def test_undo_of_something_else_shows_what_has_been_made_since(board: Edit) -> None:
    """The board's own step in the history is from before anything was made."""
    bpy.context.scene.timeline_markers.new("note", frame=3)
    bpy.ops.ed.undo_push(message="Marker")
    go_on()
    bpy.ops.ed.undo()
    for key in "AB":
        assert_filled(gap(key))
    bpy.ops.ed.redo()
    for key in "AB":
        assert_filled(gap(key))


def test_undo_while_it_is_made_goes_on_showing_it(board: Edit) -> None:
    bpy.context.scene.timeline_markers.new("note", frame=3)
    bpy.ops.ed.undo_push(message="Marker")
    status().paused = False
    turn_until(lambda: gap("A").fcvg.state == RUNNING)
    bpy.ops.ed.undo()
    assert gap("A").fcvg.state == RUNNING
    assert not shows_nothing(gap("A"))
    go_on()
    assert_filled(gap("A"))
    assert_filled(gap("B"))


def test_undo_takes_the_board_out_of_the_queue_and_redo_puts_it_back(board: Edit) -> None:
    bpy.ops.ed.undo()
    assert not queue.entries()
    go_on()
    status().paused = True
    bpy.ops.ed.redo()
    assert [entry.strip.fcvg.key_start for entry in queue.entries()] == ["A", "B"]
    go_on()
    assert_filled(gap("A"))
    assert_filled(gap("B"))


def test_an_opened_file_waits_for_the_artist_and_begins_with_what_was_interrupted(board: Edit) -> None:
    queue_commands.move(gap("B").fcvg.id, -1)
    save(board)
    status().paused = False
    turn_until(lambda: gap("B").fcvg.state == RUNNING)
    bpy.ops.wm.save_mainfile()
    blend = bpy.data.filepath
    session.jobs.clear()
    session.end_engine(60)
    for drawing in strips.folder(gap("B")).glob("0*.png"):  # the engine may have been quicker than the saving
        drawing.unlink()
    bpy.ops.wm.open_mainfile(filepath=blend)
    assert status().paused
    assert [entry.strip.fcvg.key_start for entry in queue.entries()] == ["B", "A"]
    go_on()
    assert_filled(gap("A"))
    assert_filled(gap("B"))


def test_a_file_whose_queue_is_empty_is_not_paused(board: Edit) -> None:
    go_on()
    save(board)
    status().paused = True
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert not status().paused


def test_cancelling_one_that_waits_leaves_the_others(board: Edit) -> None:
    bpy.ops.fcvg.cancel(take=gap("A").fcvg.id)
    assert [strip.fcvg.key_start for _, strip in strips.ours()] == ["B"]
    go_on()
    assert_filled(gap("B"))


def test_cancelling_one_half_begun_leaves_nothing_on_disk(board: Edit) -> None:
    """Its first key has been rendered."""
    folder, take_id = strips.folder(gap("A")), str(gap("A").fcvg.id)
    assert not begin_take.begin(take_id, Choices())
    assert (folder / "key_start.png").is_file()
    assert shows_nothing(gap("A"))
    queue_commands.cancel(take_id)
    turn_until(lambda: not folder.exists())
    bpy.ops.ed.undo_push(message="Something")
    bpy.ops.ed.undo()
    assert [strip.fcvg.key_start for _, strip in strips.ours()] == ["B"], "and it does not come back"


def test_a_mistake_of_our_own_costs_one_take_not_the_queue(board: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key = render_keys.write_key

    def stumble(scene: Any, shot: gaps.Shot, *rest: Any) -> Path:
        if shot.start_strip == "A":
            raise ZeroDivisionError("a mistake")
        return write_key(scene, shot, *rest)

    monkeypatch.setattr(render_keys, "write_key", stumble)
    go_on()
    assert "a mistake" in gap("A").fcvg.error
    assert gap("A").fcvg.state == INCOMPLETE
    assert_filled(gap("B"))


def test_a_second_generation_waits_behind_the_first(board: Edit) -> None:
    board.colour("D", 1, 50, 60)
    board.select("C", "D")
    bpy.ops.fcvg.generate_inbetweens()
    assert [entry.strip.fcvg.key_start for entry in queue.entries()] == ["A", "B", "C"]
    places = [int(entry.take.place) for entry in queue.entries()]
    assert places == sorted(set(places))
    go_on()
    assert gap("C").fcvg.state == DONE


def test_a_longer_gap_is_filled_when_the_strip_is_resumed(edit: Edit) -> None:
    """Drawings whose times are still asked for are kept: of four at 1/5 … 4/5, nine at 1/10 … 9/10 have them all."""
    two_strips(edit, gap=GAP)
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(settled)
    before = {path.name: path.stat().st_mtime_ns for path in strips.folder(ours()).glob("0*.png")}
    compat.shift(edit.named("B"), 5)
    ours().fcvg.state = INCOMPLETE  # as the badge's button does
    edit.select(ours().name)
    bpy.ops.fcvg.resume()
    turn_until(settled)
    strip = ours()
    assert edit.layout()[strip.name][1:] == (11, 20)
    assert (strip.fcvg.count, strip.fcvg.made, strip.fcvg.state) == (9, 9, DONE)
    assert files(strip)[1::2] == sorted(before)
    after = {path.name: path.stat().st_mtime_ns for path in strips.folder(strip).glob("0*.png")}
    assert {name: after[name] for name in before} == before
    assert len(after) == 9
    end = read(strips.folder(strip) / "key_end.png")
    distances = [float(np.abs(read(strips.folder(strip) / name) - end).mean()) for name in files(strip)]
    assert distances == sorted(distances, reverse=True)


def draft_first(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A paused generation by a slow method, with its draft; the ids of the takes in line.

    Both are asked of Dissolve, which needs no models.
    """
    monkeypatch.setitem(methods.METHODS, "slow", methods.MethodTraits("slow", "", "", generative=True))
    word = menu_choices.engine_word
    monkeypatch.setattr(menu_choices, "engine_word", lambda name: "slow" if name == "DISSOLVE" else word(name))
    two_strips(edit, gap=GAP)
    status().paused = True
    bpy.ops.fcvg.generate_inbetweens()
    for take in strip_takes.all_of(ours().fcvg):
        take.method, take.generation = "dissolve", ""
    return [str(entry.take.id) for entry in queue.entries()]


def test_the_draft_is_shown_first_and_the_final_take_replaces_it(edit: Edit, monkeypatch) -> None:
    draft, final = draft_first(edit, monkeypatch)
    record = ours().fcvg
    assert [(take.number, take.id) for take in strip_takes.all_of(record)] == [(1, draft), (2, final)]
    assert record.id == draft
    status().paused = False
    turn_until(lambda: any(take.id == draft and take.state == DONE for take in strip_takes.all_of(ours().fcvg)))
    turn_until(settled)
    strip = ours()
    assert (strip.fcvg.id, strip.fcvg.number, strip.fcvg.state) == (final, 2, DONE)
    assert_filled(strip)
    strip_takes.show(strip, 1)
    assert_filled(ours())
    assert {strips.folder(ours()).name, ours().fcvg.others[0].folder} == {f"A_{draft}", f"A_{final}"}


def test_a_pinned_draft_stays(edit: Edit, monkeypatch) -> None:
    draft, final = draft_first(edit, monkeypatch)
    ours().fcvg.pinned = True
    go_on()
    assert ours().fcvg.id == draft
    assert [(take.id, take.state, take.made) for take in ours().fcvg.others] == [(final, DONE, GAP)]


def test_cancelling_the_final_take_leaves_the_draft(edit: Edit, monkeypatch) -> None:
    draft, final = draft_first(edit, monkeypatch)
    bpy.ops.fcvg.cancel(take=final)
    go_on()
    assert (ours().fcvg.id, len(ours().fcvg.others)) == (draft, 0)
    assert_filled(ours())


def test_a_draft_without_an_engine_leaves_the_edit_as_it_was(edit: Edit, monkeypatch) -> None:
    two_strips(edit)
    edit.settings.method = "FCVG"
    before = Shown.of(edit.scene)
    monkeypatch.setenv("FCVG_ENGINE_PYTHON", "/nowhere/python")
    with pytest.raises(RuntimeError, match="is not there"):
        bpy.ops.fcvg.generate_inbetweens()
    assert Shown.of(edit.scene) == before


@pytest.mark.parametrize("cuts", ["LEAVE_OUT", "ASK"])
def test_a_draft_asks_about_a_cut_for_the_final_take_too(edit: Edit, monkeypatch, cuts: str) -> None:
    """The slow method does not draw for hours what the artist does not want."""
    before = Shown.of(edit.scene).layout
    draft, final = draft_first(edit, monkeypatch)
    edit.settings.cuts, ours().fcvg.cuts_allowed = cuts, False
    go_on()
    if cuts == "ASK":
        assert [(take.id, take.state) for take in strip_takes.all_of(ours().fcvg)] == [
            (draft, strip_record.ASKING),
            (final, WAITING),
        ]
        bpy.ops.fcvg.answer_cut(take=draft, answer="LEAVE_OUT")
    assert ours() is None
    assert set(edit.layout()) - set(before) == {"A", "B"}


def test_without_a_window_a_cut_is_left_out_with_its_final_take(edit: Edit, monkeypatch) -> None:
    take_ids = draft_first(edit, monkeypatch)
    edit.settings.cuts, ours().fcvg.cuts_allowed = "LEAVE_OUT", False
    (final,) = without_window.run_takes(take_ids)
    assert isinstance(final, protocol.Failed)
    assert ours() is None


def test_once_the_artist_has_said_so_draft_and_final_take_are_made(edit: Edit, monkeypatch) -> None:
    draft, final = draft_first(edit, monkeypatch)
    edit.settings.cuts, ours().fcvg.cuts_allowed = "ASK", False
    go_on()
    bpy.ops.fcvg.answer_cut(take=draft, answer="MAKE")
    turn_until(settled)
    assert [(take.id, take.state) for take in strip_takes.all_of(ours().fcvg)] == [(draft, DONE), (final, DONE)]
    assert ours().fcvg.id == final


def test_a_strip_that_cannot_be_resumed_yet_stays(board: Edit) -> None:
    """What it says may be mended: here its key can be brought back."""
    compat.strips(board.scene).remove(board.named("A"))
    go_on()
    board.select(gap("A").name)
    with pytest.raises(RuntimeError, match="is gone"):
        bpy.ops.fcvg.resume()
    assert (gap("A").fcvg.state, "is gone" in gap("A").fcvg.error) == (INCOMPLETE, True)


def in_place(edit: Edit) -> bool:
    """Every take of the strip lies beside the file, and plays."""
    beside = Path(bpy.data.filepath).parent / "inbetweens"
    found = [take_folders.of_take(ours(), take) for take in strip_takes.all_of(ours().fcvg)]
    return all(folder.parent == beside and (folder / "0004.png").is_file() for folder in found)


@pytest.mark.parametrize("moment", ["before", "while", "after"])
def test_all_takes_of_an_unsaved_file_come_to_lie_beside_it(edit: Edit, monkeypatch, moment: str) -> None:
    """The first save falls before anything is made, while it is, and after."""
    _, final = draft_first(edit, monkeypatch)
    if moment == "before":
        save(edit)
    status().paused = False
    states: dict[str, Callable[[], Any]] = {
        "before": lambda: True,
        "while": lambda: any(take.id == final and take.state == RUNNING for take in strip_takes.all_of(ours().fcvg)),
        "after": settled,
    }
    turn_until(states[moment])
    if moment != "before":
        save(edit)
    turn_until(settled)
    assert ours().fcvg.id == final
    assert in_place(edit)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert in_place(edit)
    strip_takes.show(ours(), 1)
    assert_filled(ours())


def test_without_a_window_all_are_made_before_the_call_returns(board: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that cannot be: they say why."""
    compat.strips(board.scene).remove(board.named("A"))
    monkeypatch.setattr(compat, "has_window", lambda: False)
    reports: list[Any] = []

    class Operator:
        def report(self, kind: set[str], text: str) -> None:
            reports.append((kind, text))

    ids = [str(entry.take.id) for entry in queue.entries()]
    assert launch.go(Operator(), bpy.context, ids, at_once=False) == {"FINISHED"}
    assert reports[0][0] == {"ERROR"}
    assert "is gone" in reports[0][1]
    assert gap("A").fcvg.state == INCOMPLETE
    assert_filled(gap("B"))
    assert gap("B").fcvg.state != WAITING
