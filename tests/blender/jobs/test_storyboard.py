# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole board at once: what is laid, left out and asked about, the queue in the artist's hands, the one command."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import DONE, INCOMPLETE, Shown, files, idle, save, status, turn_until
from edits import Edit, noise

from fcvg_blender import compat
from fcvg_blender.app import cli
from fcvg_blender.edit import strip_takes, strips
from fcvg_blender.jobs import queue as waiting
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import strip_record

GAP, LENGTH = 3, 4
ASKING, RUNNING, WAITING = strip_record.ASKING, strip_record.RUNNING, strip_record.WAITING


@pytest.fixture(autouse=True)
def in_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators return at once, and the test turns the timer."""
    monkeypatch.setattr(compat, "has_window", lambda: True)


def board(edit: Edit, *seeds: int, gap: int = GAP, cuts: str = "MAKE") -> list[str]:
    """Panels P1, P2, … with `gap` frames between them, all selected; of different `seeds` they look like cuts."""
    for number, seed in enumerate(seeds):
        first = 1 + number * (LENGTH + gap)
        edit.image(f"P{number + 1}", noise(seed), 1, first, first + LENGTH)
    names = [f"P{number + 1}" for number in range(len(seeds))]
    edit.select(*names)
    edit.settings.method, edit.settings.cuts = "DISSOLVE", cuts
    return names


def generate() -> None:
    bpy.ops.fcvg.generate_inbetweens()
    bpy.ops.ed.undo_push(message="Generate Inbetweens")  # as Blender does after a click


def gaps() -> dict[str, Any]:
    """The strips of inbetweens by their earlier key."""
    return {strip.fcvg.key_start: strip for _, strip in strips.ours()}


def states() -> dict[str, str]:
    return {key: strip.fcvg.state for key, strip in gaps().items()}


def queue() -> list[tuple[str, str]]:
    """The rows that the panel shows."""
    return [(item.name.split(" ")[0], item.state) for item in status().queue]


def settled() -> bool:
    return idle() and not waiting.can_go_on()


def row_of(key: str) -> int:
    """The row that begins at this panel."""
    return next(row for row, item in enumerate(status().queue) if item.name.startswith(f"{key} "))


def take_of(key: str) -> str:
    return str(gaps()[key].fcvg.id)


def hashes(edit: Edit) -> dict[str, str]:
    """Of the artist's own pictures."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in edit.folder.glob("P*.png")}


def left_out() -> list[str]:
    return str(status().left_out).split("\n")


def test_every_gap_of_the_board_is_filled_and_the_keys_stay(edit: Edit) -> None:
    board(edit, *range(5))
    before, keys = edit.layout(), hashes(edit)
    generate()
    assert queue() == [(f"P{number}", WAITING) for number in range(1, 5)]
    assert [compat.selected_strips(bpy.context)[0].fcvg.key_start, len(compat.selected_strips(bpy.context))] == [
        "P1",
        4,
    ]
    turn_until(settled)
    assert states() == dict.fromkeys(["P1", "P2", "P3", "P4"], DONE)
    for number, strip in enumerate(gaps().values()):
        first = 1 + LENGTH + number * (LENGTH + GAP)
        assert edit.layout()[strip.name] == (1, first, first + GAP)
        assert files(strip) == ["0001.png", "0002.png", "0003.png"]
    assert hashes(edit) == keys
    assert {name: place for name, place in edit.layout().items() if name in before} == before
    assert not len(status().queue)


def test_panels_that_touch_are_pushed_apart_one_after_the_other(edit: Edit) -> None:
    board(edit, 1, 2, 3, 4, gap=0)
    edit.settings.placement, edit.settings.count = "PUSH", 2
    before = Shown.of(edit.scene)
    generate()
    lefts = {name: left for name, (_, left, _) in edit.layout().items() if name.startswith("P")}
    assert lefts == {"P1": 1, "P2": 7, "P3": 13, "P4": 19}
    assert [compat.left(strip) for strip in gaps().values()] == [5, 11, 17]
    bpy.ops.fcvg.cancel(take=take_of("P2"))
    bpy.ops.fcvg.cancel_all()
    assert Shown.of(edit.scene).layout == before.layout, "all room is closed again, in whatever order they go"
    turn_until(settled)


def test_a_panel_keeps_a_frame_between_two_gaps(edit: Edit) -> None:
    board(edit, 1, 2, 3, gap=0)
    edit.settings.placement, edit.settings.count = "CENTRED", 6
    generate()
    assert list(gaps()) == ["P1"]
    assert left_out() == ["“P2” is too short for inbetweens over its start and its end."]
    bpy.ops.fcvg.cancel_all()
    turn_until(settled)


def test_what_cannot_be_is_left_out_and_said(edit: Edit) -> None:
    board(edit, *range(6))
    edit.named("P3").mute = True
    compat.set_right(edit.named("P5"), compat.left(edit.named("P6")) + 1)
    edit.select("P4", "P5")
    generate()
    turn_until(settled)
    edit.select("P1", "P2", "P3", "P4", "P5", "P6")
    generate()
    assert left_out() == [
        "“P3” is muted.",
        "“P3” is muted.",
        "“P4” and “P5” have inbetweens already.",
        "“P5” and “P6” overlap by 1 frame.",
    ]
    assert list(gaps()) == ["P4", "P1"]
    turn_until(settled)
    assert len(left_out()) == 4, "it can still be read when all is made"
    bpy.ops.fcvg.dismiss_left_out()
    assert not status().left_out


def test_a_cut_asks_and_the_queue_goes_on(edit: Edit) -> None:
    board(edit, 1, 2, 2, 3, cuts="ASK")
    generate()
    turn_until(settled)
    assert states() == {"P1": ASKING, "P2": DONE, "P3": ASKING}
    assert queue() == [("P1", ASKING), ("P3", ASKING)]
    assert (status().queue_done, status().queue_total) == (1, 3), "a question is no end"
    assert status().queue[0].question.endswith(".")
    assert gaps()["P1"].fcvg.made == 0

    bpy.ops.fcvg.answer_cut(take=take_of("P1"), answer="MAKE")
    bpy.ops.fcvg.answer_cut(take=take_of("P3"), answer="LEAVE_OUT")
    turn_until(settled)
    assert states() == {"P1": DONE, "P2": DONE}


def test_an_answer_for_all_counts_for_those_that_will_ask(edit: Edit) -> None:
    board(edit, 1, 2, 3, 4, 5, cuts="ASK")
    generate()
    turn_until(lambda: ASKING in states().values())
    bpy.ops.fcvg.answer_cut(take=waiting.asking(edit.scene)[0], answer="MAKE", for_all=True)
    turn_until(settled)
    assert set(states().values()) == {DONE}
    assert len(states()) == 4


def test_leaving_out_all_cuts_says_which(edit: Edit) -> None:
    board(edit, 1, 2, 3, 3, 4, cuts="ASK")
    generate()
    turn_until(lambda: ASKING in states().values())
    bpy.ops.fcvg.answer_cut(take=waiting.asking(edit.scene)[0], answer="LEAVE_OUT", for_all=True)
    turn_until(settled)
    assert states() == {"P3": DONE}
    assert [sentence[:9] for sentence in left_out()] == ["P2 → P3: ", "P4 → P5: "]


def test_answers_are_undone(edit: Edit) -> None:
    """Left out: the question is asked again. Made: the frames are not lost."""
    board(edit, 1, 2, 3, cuts="ASK")
    save(edit)
    generate()
    turn_until(settled)
    question = gaps()["P1"].fcvg.error
    for answer in ("LEAVE_OUT", "MAKE"):
        bpy.ops.fcvg.answer_cut(take=take_of("P1"), answer=answer)
        bpy.ops.ed.undo_push(message="Answer")
        turn_until(settled)
        bpy.ops.ed.undo()
        turn_until(settled)
        found = gaps()["P1"].fcvg
        assert (found.state, found.error) == ((ASKING, question) if answer == "LEAVE_OUT" else (DONE, ""))
        assert gaps()["P2"].fcvg.state == ASKING


def test_a_pair_that_fails_says_why_and_the_others_are_made(edit: Edit) -> None:
    board(edit, 1, 2, 3, 4)
    (edit.folder / "P2.png").unlink()
    generate()
    turn_until(settled)
    assert states() == {"P1": INCOMPLETE, "P2": INCOMPLETE, "P3": DONE}
    assert [name for name, _ in queue()] == ["P1", "P2"]
    assert "P2.png" in status().queue[0].question
    assert "P2.png" in gaps()["P1"].fcvg.error

    edit.picture("P2.png", noise(2))
    bpy.ops.fcvg.try_again(take=take_of("P1"))
    bpy.ops.fcvg.cancel(take=take_of("P2"))
    turn_until(settled)
    assert states() == {"P1": DONE, "P3": DONE}
    assert not len(status().queue)


def test_the_order_can_be_changed(edit: Edit) -> None:
    board(edit, *range(5))
    status().paused = True
    generate()
    for direction, chosen, order in (
        ("DOWN", "P1", ["P2", "P1", "P3", "P4"]),
        ("UP", "P3", ["P2", "P3", "P1", "P4"]),
        ("FIRST", "P4", ["P4", "P2", "P3", "P1"]),
    ):
        status().queue_row = row_of(chosen)
        bpy.ops.fcvg.move_in_queue(direction=direction)
        assert [name for name, _ in queue()] == order
        assert status().queue_row == row_of(chosen)
    ended: list[str] = []
    bpy.ops.fcvg.pause_queue()
    turn_until(lambda: note_ends(ended) and settled())
    assert ended == ["P4", "P2", "P3", "P1"]


def note_ends(ended: list[str]) -> bool:
    ended += [key for key, strip in gaps().items() if strip.fcvg.state == DONE and key not in ended]
    return True


def test_pausing_finishes_what_is_being_made(edit: Edit) -> None:
    board(edit, *range(7))
    generate()
    turn_until(lambda: RUNNING in states().values())
    bpy.ops.fcvg.pause_queue()
    turn_until(lambda: not session.jobs)
    made = sum(state == DONE for state in states().values())
    assert 1 <= made < 6
    assert {state for _, state in queue()} == {WAITING}
    assert (status().queue_done, status().queue_total) == (made, 6)
    bpy.ops.fcvg.pause_queue()
    turn_until(settled)
    assert set(states().values()) == {DONE}


def test_cancelling_all_leaves_what_is_done(edit: Edit) -> None:
    board(edit, *range(7))
    generate()
    turn_until(lambda: DONE in states().values())
    done = [key for key, state in states().items() if state == DONE]
    bpy.ops.fcvg.cancel_all()
    turn_until(settled)
    assert states() == dict.fromkeys(done, DONE)
    folders = {strips.folder(strip) for strip in gaps().values()}
    assert set(next(iter(folders)).parent.iterdir()) >= folders


def test_one_undo_takes_the_whole_board_and_redo_makes_it(edit: Edit) -> None:
    board(edit, *range(5))
    save(edit)
    bpy.ops.ed.undo_push(message="Edit")
    before = Shown.of(edit.scene)
    generate()
    turn_until(lambda: RUNNING in states().values())
    bpy.ops.ed.undo()
    assert Shown.of(bpy.context.scene) == before
    turn_until(settled)
    assert not session.jobs
    bpy.ops.ed.redo()
    assert len(states()) == 4
    turn_until(settled)
    assert set(states().values()) == {DONE}


def test_a_file_closed_half_way_goes_on_with_one_click(edit: Edit) -> None:
    board(edit, *range(6))
    generate()
    turn_until(lambda: RUNNING in states().values() and DONE in states().values())
    path = save(edit)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    turn_until(settled)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert status().paused
    waits = [key for key, state in states().items() if state != DONE]
    assert queue() == [(key, WAITING) for key in waits]
    assert "P5" in waits
    turn_until(settled)
    assert [key for key, state in states().items() if state != DONE] == waits, "nothing is made before the click"
    bpy.ops.fcvg.pause_queue()
    turn_until(settled)
    assert states() == dict.fromkeys(["P1", "P2", "P3", "P4", "P5"], DONE)


def test_strips_deleted_under_the_queue_are_forgotten(edit: Edit) -> None:
    board(edit, *range(6))
    generate()
    turn_until(lambda: RUNNING in states().values())
    running = next(key for key, state in states().items() if state == RUNNING)
    for name in (gaps()[running].name, gaps()["P4"].name, "P6"):
        compat.strips(edit.scene).remove(edit.named(name))
    turn_until(settled)
    kept = set(states()) - {"P5"}
    assert kept == {"P1", "P2", "P3"} - {running}
    assert all(states()[key] == DONE for key in kept)
    assert (states()["P5"], gaps()["P5"].fcvg.error) == (
        INCOMPLETE,
        f"The later key of “{gaps()['P5'].name}”, the strip “P6”, is gone.",
    )


def test_a_take_can_be_found_in_the_edit(edit: Edit) -> None:
    board(edit, 1, 2, 3)
    status().paused = True
    generate()
    bpy.ops.fcvg.show_gap(take=take_of("P2"))
    assert edit.scene.frame_current == compat.left(gaps()["P2"]) - 1
    assert [strip.fcvg.key_start for strip in compat.selected_strips(bpy.context)] == ["P2"]
    bpy.ops.fcvg.cancel_all()
    assert not gaps()


# The command.


@pytest.fixture
def run(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Path, int]]:
    """`blender --command fcvg storyboard` with some words on a saved board, then the file is opened."""
    monkeypatch.setattr(compat, "has_window", lambda: False)

    def run(*words: str) -> tuple[Path, int]:
        edit.select()
        path = save(edit)
        bpy.ops.wm.read_factory_settings(use_empty=True)
        code = cli.main(["storyboard", str(path), *words])
        bpy.ops.wm.open_mainfile(filepath=str(path))
        return path, code

    return run


def test_the_command_makes_the_whole_board(edit: Edit, run: Any, capfd: Any) -> None:
    board(edit, *range(4))
    edit.image("Other", noise(9), 5, 100, 110)
    keys = hashes(edit)
    _, code = run("--channel", "1", "--method", "dissolve", "--hold", "2")
    out = capfd.readouterr().out
    assert code == 0
    assert states() == dict.fromkeys(["P1", "P2", "P3"], DONE)
    assert files(gaps()["P1"]) == ["0001.png", "0001.png", "0003.png"]
    assert "3 gaps, 9 inbetweens" in out
    assert "2/3  P2 → P3  3 frames" in out
    assert "Made 3 of 3 in " in out
    assert hashes(edit) == keys


def test_the_command_leaves_cuts_out(edit: Edit, run: Any, capfd: Any) -> None:
    board(edit, 1, 1, 2)
    _, code = run("--cuts", "leave-out")
    assert code == 0
    assert states() == {"P1": DONE}
    out = capfd.readouterr().out
    assert "Made 1 of 2 in " in out
    assert "Left out: P2 → P3: " in out


def test_the_command_saves_what_was_made_whatever_fails_and_goes_on(edit: Edit, run: Any, capfd: Any) -> None:
    board(edit, *range(4))
    (edit.folder / "P4.png").unlink()
    path, code = run("--strips", "P1", "P2", "P3", "P4")
    assert code == 2
    assert states() == {"P1": DONE, "P2": DONE, "P3": INCOMPLETE}
    assert "P4.png" in capfd.readouterr().err
    edit.picture("P4.png", noise(4))
    assert cli.main(["storyboard", str(path)]) == 0
    assert "Going on with 1 that" in capfd.readouterr().out
    assert set(states().values()) == {DONE}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--strips", "P1", "P9"], "no strip 'P9'"),
        (["--channel", "7"], "no strip with a picture on channel 7. There are some on: 1."),
        (["--channel", "1", "--strips", "P1"], "not allowed with"),
        (["--cuts", "ask"], "invalid choice"),
        (["--strips", "P1"], "Only one strip"),
    ],
)
def test_the_command_refuses_with_2(edit: Edit, run: Any, capfd: Any, words: list[str], complaint: str) -> None:
    board(edit, 1, 2)
    _, code = run(*words)
    assert code == 2
    assert complaint in capfd.readouterr().err
    assert not gaps()


def test_takes_are_made_once_though_a_strip_was_split(edit: Edit) -> None:
    board(edit, 1, 2, 3)
    status().paused = True
    generate()
    compat.split(gaps()["P1"], LENGTH + 2)
    assert len(waiting.entries()) == 2
    bpy.ops.fcvg.pause_queue()
    turn_until(settled)
    assert [take.state for _, _, take in strip_takes.holders(take_of("P1"))] == [DONE, DONE]
