# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of one strip: each keeps its folder, flipping restores what was shown, timing is the strip's, nothing is lost.

Pictures are written as the engine would; what the operators make of all this is tested with the real one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from artist import DONE, INCOMPLETE, files, ours, save, shows_nothing, status, two_strips
from edits import Edit, noise, read
from laid_strips import engine_writes, insert, request, strip_of, two_pictures

from fcvg_blender.edit import gaps, strip_pictures, strip_takes, strips, take_folders
from fcvg_blender.engine import errors
from fcvg_blender.jobs import enqueue
from fcvg_blender.jobs.session import session
from fcvg_blender.keys import render_keys
from fcvg_blender.settings import strip_record

NUMBERED = ["0001.png", "0002.png", "0003.png", "0004.png"]


def another(edit: Edit, take_id: str = "id2", made: tuple[int, ...] = (1, 2, 3, 4), **options: Any) -> Path:
    """A second take of the strip, its keys and drawings on disk; its folder."""
    shot = gaps.of_strip(edit.scene, strip_of())
    folder = take_folders.place(edit.scene, "A", take_id, base=str(edit.folder / "frames"))
    take = strip_takes.add(strip_of(), request(folder, shot, **options), take_id, folder)
    take_folders.make(folder)
    render_keys.write_keys(edit.scene, shot, folder, options.get("format", "png"))
    engine_writes(folder, *made)
    strip_pictures.settle(strip_of(), take, folder)
    return folder


@pytest.fixture
def two(edit: Edit) -> Edit:
    """A strip with two takes: 1 is shown and has the drawings 1 and 2, 2 has all four."""
    two_pictures(edit)
    _, folder = insert(edit, "A", "B", seed=1)
    engine_writes(folder, 1, 2)
    strip_takes.refresh(strip_of())
    strip_pictures.settle(strip_of(), strip_of().fcvg, folder)
    another(edit, seed=2, method="rife")
    return edit


def shown(strip: Any) -> tuple[int, str, list[str]]:
    return int(strip.fcvg.number), strips.folder(strip).name, files(strip)


def strip_showing(number: int) -> Any:
    """The one strip, which shows this take."""
    ((_, strip),) = strips.ours()
    assert strip.fcvg.number == number
    return strip


def test_a_new_take_changes_nothing_that_is_seen(two: Edit) -> None:
    strip = strip_of()
    assert shown(strip) == (1, "A_id1", ["0001.png", "0002.png", "0002.png", "key_end.png"])
    assert [(take.number, take.id, take.seed, take.state) for take in strip_takes.all_of(strip.fcvg)] == [
        (1, "id1", 1, INCOMPLETE),
        (2, "id2", 2, DONE),
    ]


def test_flipping_restores_exactly_what_was_shown(two: Edit) -> None:
    strip = strip_of()
    before, picture = shown(strip), two.rendered(26)
    strip_takes.show(strip, 2)
    strip = strip_showing(2)
    assert shown(strip) == (2, "A_id2", NUMBERED)
    assert (strip.fcvg.method, strip.fcvg.seed, strip.fcvg.made, strip.fcvg.state) == ("rife", 2, 4, DONE)
    strip_takes.show(strip, 1)
    assert shown(strip_showing(1)) == before
    assert (two.rendered(26) == picture).all()
    strip_takes.show(strip_showing(1), 2)
    assert strip_showing(2).fcvg.others[0].id == "id1"
    strip_takes.show(strip_showing(2), 7)
    strip_takes.show(strip_showing(2), 2)
    assert shown(strip_showing(2))[0] == 2


def test_the_picture_changes_with_the_take(two: Edit) -> None:
    """Both have files of the same names, so that a stale cache would be seen."""
    path = take_folders.of_take(strip_of(), strip_of().fcvg.others[0]) / "0001.png"
    other = two.picture("other.png", noise(55))
    path.write_bytes(other.read_bytes())
    assert (two.rendered(25) == noise(101)).all()
    strip_takes.show(strip_of(), 2)
    assert (two.rendered(25) == noise(55)).all()
    strip_takes.show(strip_showing(2), 1)
    assert (two.rendered(25) == noise(101)).all()


def test_a_take_in_another_format_looks_the_same(edit: Edit) -> None:
    """Scene-linear EXR and PNG are read as what they are, back and forth."""
    two_pictures(edit)
    insert(edit, "A", "B")
    before = edit.rendered(25).astype(int)
    another(edit, made=(), format="exr")
    strip_takes.show(strip_of(), 2)
    assert files(strip_showing(2))[0] == "key_start.exr"
    assert np.abs(edit.rendered(25) - before).max() <= 1
    strip_takes.show(strip_showing(2), 1)
    assert (edit.rendered(25) == before).all()


def test_a_take_that_has_nothing_yet_shows_nothing(two: Edit) -> None:
    shot = gaps.of_strip(two.scene, strip_of())
    folder = take_folders.place(two.scene, "A", "id3", base=str(two.folder / "frames"))
    strip_takes.add(strip_of(), request(folder, shot), "id3", folder)
    strip_takes.show(strip_of(), 3)
    assert shows_nothing(strip_showing(3))
    strip_takes.show(strip_showing(3), 2)
    assert not shows_nothing(strip_showing(2))


def test_all_takes_are_timed_as_the_strip(two: Edit) -> None:
    """On twos: the drawings of the times 1/3 and 2/3, for which others stand in; the other take has the same."""
    assert strip_takes.retime(strip_of(), "linear", 2) == 4
    assert shown(strip_of())[2] == ["0002.png", "0002.png", "0002.png", "0002.png"]
    strip_takes.show(strip_of(), 2)
    assert shown(strip_showing(2))[2] == ["0002.png", "0002.png", "0003.png", "0003.png"]
    assert (strip_showing(2).fcvg.hold, strip_showing(2).fcvg.made) == (2, 0)
    strip_takes.retime(strip_showing(2), "linear", 1)
    assert (strip_showing(2).fcvg.state, files(strip_showing(2))) == (DONE, NUMBERED)
    strip_takes.show(strip_showing(2), 1)
    assert (strip_of().fcvg.made, strip_of().fcvg.state) == (2, INCOMPLETE)


def test_a_chart_that_does_not_fit_leaves_the_strip_as_it_is(two: Edit) -> None:
    before = shown(strip_of())
    for chart, hold in (([0.1, 0.9], 1), ([0.1, 0.2, 0.3, 1.5], 1), ("soon", 1)):
        with pytest.raises(errors.BadRequest):
            strip_takes.retime(strip_of(), chart, hold)
    assert shown(strip_of()) == before
    assert (strip_of().fcvg.timing, strip_of().fcvg.hold) == ("linear", 1)


def test_deleting_a_take_shows_the_one_before_and_keeps_its_files(two: Edit) -> None:
    strip_takes.show(strip_of(), 2)
    strip_showing(2).fcvg.pinned = True
    folder = strips.folder(strip_showing(2))
    strip_takes.delete(strip_showing(2), 2)
    assert shown(strip_showing(1))[1] == "A_id1"
    assert not strip_of().fcvg.pinned
    assert not len(strip_of().fcvg.others)
    assert (folder / "0004.png").is_file()
    strip_takes.delete(strip_of(), 1)
    assert strip_of().fcvg.number == 1, "its only take stays"


def test_deleting_a_take_that_is_not_shown(two: Edit) -> None:
    before = shown(strip_of())
    strip_takes.delete(strip_of(), 2)
    assert shown(strip_of()) == before
    assert not len(strip_of().fcvg.others)


def test_withdrawing_the_only_take_removes_the_strip(two: Edit) -> None:
    assert strip_takes.withdraw("id1")
    assert shown(strip_showing(2))[1] == "A_id2"
    assert strip_takes.withdraw("id2")
    assert not list(strips.ours())
    assert not strip_takes.withdraw("id2")


def test_each_part_of_a_split_strip_has_all_takes(two: Edit) -> None:
    strip_of().split(frame=27, split_method="SOFT")
    (_, one), (_, other) = strips.ours()
    assert len(list(strip_takes.holders("id2"))) == 2
    strip_takes.show(one, 2)
    assert (shown(one)[0], shown(other)[0]) == (2, 1)
    strip_takes.delete(one, 1)
    assert [take.id for take in strip_takes.all_of(other.fcvg)] == ["id1", "id2"]
    assert strip_takes.withdraw("id2")
    assert [(strip.fcvg.id, len(strip.fcvg.others)) for _, strip in strips.ours()] == [("id1", 0)]


def test_takes_survive_saving(two: Edit) -> None:
    strip_takes.show(strip_of(), 2)
    strip_showing(2).fcvg.pinned = True
    before = shown(strip_showing(2))
    blend = save(two)
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    strip = strip_showing(2)
    assert shown(strip) == before
    assert strip.fcvg.pinned
    strip_takes.show(strip, 1)
    assert shown(strip_showing(1))[1:] == ("A_id1", ["0001.png", "0002.png", "0002.png", "key_end.png"])


@pytest.fixture
def made(edit: Edit) -> Edit:
    """Six inbetweens by the engine, at 1/7 … 6/7, all there."""
    two_strips(edit)
    save(edit)
    bpy.ops.fcvg.generate_inbetweens()
    return edit


def written() -> dict[str, int]:
    """When each drawing of the shown take was written."""
    return {path.name: path.stat().st_mtime_ns for path in strips.folder(ours()).glob("0*.png")}


def test_resuming_a_retimed_strip_makes_only_what_is_missing(made: Edit) -> None:
    """Two of the new times have drawings already."""
    before = written()
    times = [1 / 7, 0.3, 0.35, 0.4, 6 / 7, 0.9]
    assert strip_takes.retime(ours(), times, 1) == 4
    assert (ours().fcvg.state, ours().fcvg.made) == (INCOMPLETE, 2)
    assert files(ours()) == ["0001.png", "0002.png", "0002.png", "0003.png", "0006.png", "0006.png"]
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    assert (ours().fcvg.state, ours().fcvg.made) == (DONE, 6)
    after = written()
    assert {name: after[name] for name in before} == before
    assert sorted(set(after) - set(before)) == ["0007.png", "0008.png", "0009.png", "0010.png"]
    folder = strips.folder(ours())
    end = read(folder / "key_end.png")
    distances = [float(np.abs(read(folder / name) - end).mean()) for name in files(ours())]
    assert distances == sorted(distances, reverse=True)

    assert strip_takes.retime(ours(), "linear", 1) == 0
    assert (ours().fcvg.state, files(ours())) == (DONE, sorted(before))


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_drawings_outlive_a_resume_that_comes_to_nothing(made: Edit, how: str, monkeypatch: Any) -> None:
    """None of them stands at a time of the new chart."""
    before = written()
    assert strip_takes.retime(ours(), [0.11, 0.22, 0.33, 0.44, 0.55, 0.66], 1) == 6
    if how == "cancelled":
        enqueue.again(ours().fcvg)
        bpy.ops.fcvg.cancel(take=ours().fcvg.id)
    else:
        monkeypatch.setenv("FCVG_ENGINE_PYTHON", "/nowhere/python")
        with pytest.raises(RuntimeError, match="is not there"):
            bpy.ops.fcvg.resume()
        assert "is not there" in status().error_message
    session.discarded.tidy(float("inf"))
    assert (ours().fcvg.state, written()) == (strip_record.INCOMPLETE, before)
    strip_takes.retime(ours(), "linear", 1)
    assert ours().fcvg.state == DONE
