# SPDX-License-Identifier: GPL-3.0-or-later
"""A film that version 0.1.0 has saved, with frames of its engine: it opens, nothing of it is lost, all of it works.

`files/write.py` says how it was made, and in which Blender; `files/from_0.1.0.json` is what was in it then.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import DONE, INCOMPLETE, files, idle, status, turn_until
from edits import Edit
from interface import changes
from saved import content

from fcvg_blender import compat
from fcvg_blender.edit import strip_takes, strips
from fcvg_blender.jobs import key_watcher
from fcvg_blender.ui import badges

FILES = Path(__file__).parent / "files"
NAME = "from_0.1.0"
WAITING = "WAITING"  # the state of a take


@pytest.fixture
def film(tmp_path: Path) -> Iterator[Edit]:
    """A copy of the film, just opened."""
    folder = tmp_path / "film"
    folder.mkdir()
    shutil.copy(FILES / f"{NAME}.blend", folder)
    for each in (NAME, "inbetweens", "keys"):
        shutil.copytree(FILES / each, folder / each)
    bpy.ops.wm.open_mainfile(filepath=str(folder / f"{NAME}.blend"))
    scene = bpy.data.scenes["Scene"]
    workspace = bpy.context.window.workspace
    if hasattr(workspace, "sequencer_scene"):  # since 5.0
        workspace.sequencer_scene = scene
    yield Edit(scene, folder / NAME)
    turn_until(idle)
    status().paused = False


@pytest.fixture
def in_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators return at once, and the test turns the timer."""
    monkeypatch.setattr(compat, "has_window", lambda: True)


def between(film: Edit, first: str) -> Any:
    """The strip of inbetweens after the panel `first`, selected and active."""
    strip = next(strip for _, strip in strips.ours() if strip.fcvg.key_start == first and not strip.fcvg.overlay)
    film.select(strip.name)
    return strip


def on_disk(strip: Any) -> dict[str, bytes]:
    """The drawings of the take that a strip shows."""
    return {path.name: path.read_bytes() for path in strips.folder(strip).glob("0*.*")}


def test_every_value_is_what_it_was_when_the_file_was_saved(film: Edit) -> None:
    known = json.loads((FILES / f"{NAME}.json").read_bytes())
    assert set(known) == {"Scene", "Other"}
    lost = changes(known, content())
    assert not lost, "\n".join(lost)


def test_saved_again_nothing_is_lost_either(film: Edit) -> None:
    known = content()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    lost = changes(known, content())
    assert not lost, "\n".join(lost)


def test_every_picture_that_a_strip_shows_is_there(film: Edit) -> None:
    for scene in bpy.data.scenes:
        for strip in compat.all_strips(scene):
            folder = Path(bpy.path.abspath(strip.directory))
            assert folder.is_relative_to(film.folder.parent)
            assert [name for name in files(strip) if not (folder / name).is_file()] == [], strip.name


def test_the_inbetweens_are_seen_in_the_edit(film: Edit) -> None:
    """The border between two colours moves to the right from A to B; a dissolve shows both borders, one fading in."""
    a, first, last, b = (film.rendered(frame).astype(int) for frame in (5, 6, 9, 10))
    assert 0 < abs(first - a).mean() < abs(first - b).mean()
    assert 0 < abs(last - b).mean() < abs(last - a).mean()


def test_takes_are_flipped_through_and_the_pin_is_taken_out(film: Edit) -> None:
    strip = between(film, "A")
    known = [(each.number, each.state, each.format, each.made) for each in strip_takes.all_of(strip.fcvg)]
    assert known == [(1, DONE, "png", 4), (2, DONE, "png16", 4), (3, INCOMPLETE, "jpg", 2)]
    assert (strip.fcvg.number, strip.fcvg.pinned) == (2, True)
    assert [sign.word for sign in badges.signs(strip.fcvg)] == ["2/3", badges.PIN]
    shown = {}
    for number in (3, 1, 2):
        assert bpy.ops.fcvg.next_take(by=1) == {"FINISHED"}
        strip = between(film, "A")
        assert strip.fcvg.number == number
        shown[number] = [(strips.folder(strip) / name).read_bytes() for name in files(strip)]
    assert shown[1] != shown[2]
    assert len(set(shown[1])) == len(set(shown[2])) == 4
    assert len(set(shown[3])) == 2, "each of the two drawings that are left stands in for one that is not"
    assert bpy.ops.fcvg.pin_take() == {"FINISHED"}
    assert not between(film, "A").fcvg.pinned


def test_inbetweens_are_retimed_at_once_out_of_their_drawings(film: Edit) -> None:
    strip, before = between(film, "A"), on_disk(between(film, "A"))
    assert bpy.ops.fcvg.retime(hold="TWOS") == {"FINISHED"}
    assert files(strip) == ["0002.png", "0002.png", "0003.png", "0003.png"]
    assert bpy.ops.fcvg.retime(timing="CUSTOM", times="0.2, 0.25, 0.6, 0.8", hold="ONES") == {"FINISHED"}
    assert files(strip) == ["0001.png", "0001.png", "0003.png", "0004.png"]
    assert on_disk(strip) == before
    assert idle()


def test_only_what_a_retiming_lacks_is_drawn(film: Edit) -> None:
    """The engine takes the drawings of 0.1.0 for its own."""
    strip, before = between(film, "M"), on_disk(between(film, "M"))
    assert (strip.fcvg.timing, strip.fcvg.hold, files(strip)) == ("ease-in", 2, ["0001.png", "0001.png", "0003.png"])
    bpy.ops.fcvg.retime(timing="LINEAR", hold="ONES")
    assert (strip.fcvg.state, strip.fcvg.made) == (INCOMPLETE, 0)
    assert bpy.ops.fcvg.make_missing() == {"FINISHED"}
    strip = between(film, "M")
    assert (strip.fcvg.state, strip.fcvg.made, len(set(files(strip)))) == (DONE, 3, 3)
    assert before.items() < on_disk(strip).items()


def test_the_incomplete_take_is_gone_on_with(film: Edit) -> None:
    between(film, "A")
    assert bpy.ops.fcvg.show_take(number=3) == {"FINISHED"}
    before = on_disk(between(film, "A"))
    assert set(before) == {"0001.jpg", "0003.jpg"}
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    strip = between(film, "A")
    assert (strip.fcvg.state, files(strip)) == (DONE, [f"000{number}.jpg" for number in (1, 2, 3, 4)])
    assert before.items() < on_disk(strip).items(), "what was there is as it was"


def test_what_waits_is_made_when_the_queue_goes_on(film: Edit, in_a_window: None) -> None:
    assert between(film, "C").fcvg.state == WAITING
    assert status().paused
    assert bpy.ops.fcvg.pause_queue() == {"FINISHED"}
    turn_until(lambda: idle() and between(film, "C").fcvg.state != WAITING)
    strip = between(film, "C")
    assert (strip.fcvg.state, strip.fcvg.made, strip.fcvg.error) == (DONE, 4, "")
    assert files(strip) == ["0001.png", "0001.png", "0003.png", "0003.png"]
    assert strip.fcvg.engine_timing() == [0.2, 0.7]


def test_what_had_failed_is_made_after_all(film: Edit) -> None:
    """The picture of its key was away; the path in its message is that of another computer."""
    strip = between(film, "J")
    assert (strip.fcvg.state, strip.fcvg.made) == (INCOMPLETE, 0)
    assert strip.fcvg.error.startswith("The file of “J” is missing")
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    strip = between(film, "J")
    assert (strip.fcvg.state, strip.fcvg.made, strip.fcvg.error) == (DONE, 4, "")


def test_a_badge_says_that_a_key_has_changed(film: Edit) -> None:
    strip = between(film, "E")
    assert badges.CHANGED in [sign.word for sign in badges.signs(strip.fcvg)]
    said, hint = key_watcher.sentence(film.scene, strip)
    assert said == "The later key “F” has changed."
    assert "Regenerate" in hint


def test_checking_the_keys_finds_what_nobody_had_looked_at(film: Edit) -> None:
    """One strip was marked when the file was saved; the gap of another had grown. No other has changed."""
    assert not between(film, "I").fcvg.stale
    assert bpy.ops.fcvg.check_keys() == {"FINISHED"}
    assert {strip.fcvg.key_start for _, strip in strips.ours() if strip.fcvg.stale} == {"E", "I"}
    assert key_watcher.sentence(film.scene, between(film, "I"))[0] == "The gap is 5 frames now; these are 4."


def test_regenerate_makes_what_has_changed_anew(film: Edit) -> None:
    old = on_disk(between(film, "E"))
    assert bpy.ops.fcvg.regenerate() == {"FINISHED"}
    strip = between(film, "E")
    assert (strip.fcvg.number, strip.fcvg.state, strip.fcvg.stale, len(strip.fcvg.others)) == (2, DONE, "", 1)
    assert on_disk(strip) != old
    bpy.ops.fcvg.show_take(number=1)
    assert on_disk(between(film, "E")) == old


def test_an_inbetween_that_is_a_key_stays_one(film: Edit) -> None:
    key = film.named("Key 61")
    assert key.fcvg.promoted
    assert (between(film, "G").fcvg.key_end_id, between(film, "Key 61").fcvg.key_start_id) == (key.fcvg.key,) * 2
    key.name = "Renamed"
    bpy.ops.fcvg.check_keys()
    assert not between(film, "G").fcvg.stale, "inbetweens know their keys whatever they are called"


def test_the_conditions_lie_over_the_edit_and_can_be_taken_away(film: Edit) -> None:
    strip = film.named("Conditions K – L")
    assert strip.fcvg.overlay
    assert strip.fcvg.state == DONE
    shown = film.rendered(98)
    film.select(strip.name)
    assert bpy.ops.fcvg.remove_conditions() == {"FINISHED"}
    assert (film.rendered(98) != shown).any()
    assert "Conditions K – L" not in film.layout()


def test_room_that_was_made_is_closed_when_the_inbetweens_are_removed(film: Edit) -> None:
    before, end = film.layout(), film.scene.frame_end
    markers = [marker.frame for marker in film.scene.timeline_markers]
    between(film, "M")
    assert bpy.ops.fcvg.remove_inbetweens() == {"FINISHED"}
    after = film.layout()
    assert after["N"] == (1, before["M"][2], before["N"][2] - 3)
    assert film.scene.frame_end == end - 3
    assert [marker.frame for marker in film.scene.timeline_markers] == [markers[0], markers[1] - 3]


def test_what_was_chosen_makes_new_inbetweens(film: Edit) -> None:
    """The free curve, read from the file, spaces the drawings: early ones are far on their way."""
    film.settings.method, film.settings.cuts, film.settings.timing = "DISSOLVE", "MAKE", "CURVE"
    film.select("B", "C")
    assert bpy.ops.fcvg.generate_inbetweens() == {"FINISHED"}
    strip = between(film, "B")
    assert (strip.fcvg.state, strip.fcvg.format, strip.fcvg.hold, strip.fcvg.seed) == (DONE, "png16", 2, 77)
    assert strip.fcvg.engine_timing()[0] > 0.7
    assert strip.fcvg.number == 1
