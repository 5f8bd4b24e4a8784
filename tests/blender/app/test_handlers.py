# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of unknown origin are opened: nothing on the disk changes, numbers are in their ranges, and one odd thing in a
file costs nothing else in it."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import DONE, INCOMPLETE, save, two_strips
from edits import Edit, noise
from fuzz import odd, watching
from fuzz.odd_properties import raw
from fuzz.seen import look
from laid_strips import engine_writes, insert, strip_of
from pictures import write_png
from written import watched

from fcvg_blender import compat, guard
from fcvg_blender.app import handlers
from fcvg_blender.edit import strips, take_folders
from fcvg_blender.engine import places
from fcvg_blender.jobs import key_watcher, timer
from fcvg_blender.jobs.resync import resync
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import strip_record

FILES = Path(__file__).parents[1] / "files"
READABLE = [
    path.name for path in sorted(FILES.glob("*.blend")) if bpy.app.version >= (5, 0, 0) or "5." not in path.stem
]


@pytest.fixture(autouse=True)
def nothing_runs() -> Iterator[None]:
    yield
    session.error_panel.clear()
    guard.forget()


@pytest.fixture
def board(edit: Edit) -> Edit:
    """Four strips of inbetweens in a file that was saved while they were being made. All drawings are there."""
    for number, name in enumerate("ABCDE"):
        edit.image(name, noise(number), 1, 1 + 14 * number, 11 + 14 * number)
    save(edit)
    for first, second in ("AB", "BC", "CD", "DE"):
        _, folder = insert(edit, first, second, strip_id=f"id{first}")
        engine_writes(folder, 1, 2, 3, 4, state="done", method="rife")
        strip_of(f"id{first}").fcvg.state = "RUNNING"
    bpy.ops.wm.save_mainfile()
    return edit


def open_again() -> None:
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)


def states() -> dict[str, str]:
    """Of the strips of the board, by their earlier keys."""
    return {strip.fcvg.key_start: strip.fcvg.state for _, strip in strips.ours()}


def assert_opening_writes_nothing(path: Path, *places_too: Path) -> None:
    """Opened, shown, and left alone for a while."""
    before = watching.snapshot(path.parent, *places_too)
    problems: list[str] = []
    with watched() as writes:
        bpy.ops.wm.open_mainfile(filepath=str(path))
        look(problems)
        timer.tick()
        key_watcher.tick()
    assert writes == []
    assert watching.differences(before, watching.snapshot(path.parent, *places_too)) == []
    assert problems == []


@pytest.mark.parametrize("name", READABLE)
def test_opening_writes_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = shutil.copytree(FILES, tmp_path / "film") / name
    monkeypatch.setattr(places, "user_data", lambda: tmp_path / "user data")  # the true one is others' too
    assert_opening_writes_nothing(film, tmp_path, Path(os.environ["BLENDER_USER_RESOURCES"]))


@pytest.mark.parametrize("state", ["WAITING", "RUNNING", "ASKING", "DONE", "INCOMPLETE"])
@pytest.mark.parametrize("where", ["beside", "lost", "unsaved", "elsewhere", "root"])
def test_opening_writes_nothing_wherever_the_frames_should_be(
    edit: Edit, state: str, where: str, tmp_path: Path
) -> None:
    two_strips(edit)
    path = save(edit)
    _, folder = insert(edit, "A", "B")
    strip = strip_of()
    strip.fcvg.state = state
    strip.fcvg.others.add().id = "other"
    strip.fcvg.others[0].state = state
    strip.fcvg.overlay = where == "elsewhere"
    shutil.rmtree(folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    strip.directory = {
        "beside": "//inbetweens/A_id1/",
        "lost": f"{tmp_path}/lost mount/film/A_id1/",
        "unsaved": f"{take_folders.unsaved_root()}/A_id1/",
        "elsewhere": f"{elsewhere}/deep/down/A_id1/",
        "root": "/A_id1/",
    }[where]
    bpy.ops.wm.save_mainfile()
    resources = Path(os.environ["BLENDER_USER_RESOURCES"])
    assert_opening_writes_nothing(path, tmp_path, resources)


def test_all_numbers_of_a_file_come_in_their_ranges(edit: Edit) -> None:
    two_strips(edit)
    save(edit)
    insert(edit, "A", "B")
    chance = random.Random(5)
    for _ in range(12):
        strip = strip_of()
        settings = bpy.context.scene.fcvg
        if not len(strip.fcvg.others):
            strip.fcvg.others.add().id = "other"
        groups = (strip.fcvg, strip.fcvg.others[0], settings, settings.conditions, settings.sampling, settings.spacing)
        for group in groups:
            for each in group.bl_rna.properties:
                if each.type == "INT":
                    raw(group)[each.identifier] = chance.choice(odd.WHOLE)
                elif each.type == "FLOAT":
                    raw(group)[each.identifier] = chance.choice(odd.REAL)
                elif each.type == "ENUM":
                    raw(group)[each.identifier] = chance.choice((-1, 99, 2**31 - 1))
        bpy.ops.wm.save_mainfile()
        open_again()
        settings = bpy.context.scene.fcvg
        record = strip_of().fcvg
        for group in (record, record.others[0], settings, settings.conditions, settings.sampling, settings.spacing):
            assert_in_ranges(group)
        assert len(record.frame_times()) == record.count <= 1002


def assert_in_ranges(group: Any) -> None:
    for each in group.bl_rna.properties:
        value = getattr(group, each.identifier)
        if each.type == "ENUM":
            assert value, each.identifier
        elif each.type in {"INT", "FLOAT"}:
            least, most = strip_record.RANGES.get(each.identifier, (each.hard_min, each.hard_max))
            assert math.isfinite(value), each.identifier
            assert least <= value <= most, each.identifier


def test_what_is_no_text_and_takes_without_end_do_not_get_in(edit: Edit) -> None:
    two_strips(edit)
    save(edit)
    insert(edit, "A", "B")
    record = raw(strip_of().fcvg)
    del record["key_start"]  # else Blender minds the type of what is there
    record["notes"], record["key_start"], record["others"] = b"\xff\xfe", b"A\xff", [{"number": 3}] * 5000
    bpy.ops.wm.save_mainfile()
    open_again()
    record = strip_of().fcvg
    assert (record.notes, record.key_start) == ("", "")
    assert len(record.others) == 1000


def test_names_that_are_no_text_are_names_again(edit: Edit) -> None:
    """Blender itself cannot tell them; then nothing could be said of their strips and scenes."""
    two_strips(edit)
    insert(edit, "A", "B")
    edit.named("A").name, strip_of().name, edit.scene.name = "QQQQQQQQ", "WWWWWWWW", "EEEEEEEE"
    film = edit.folder / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(film), compress=False)
    content = film.read_bytes()
    for name in (b"QQQQQQQQ", b"WWWWWWWW", b"EEEEEEEE"):
        assert name in content
        content = content.replace(name, name[:3] + b"\xff\x1b\xfe" + name[6:])
    film.write_bytes(content)
    bpy.ops.wm.open_mainfile(filepath=str(film))
    problems: list[str] = []
    look(problems)
    assert problems == []
    assert len({strip.name for strip in compat.all_strips(bpy.context.scene)}) == 3


def test_what_is_appended_comes_in_its_ranges_too(edit: Edit) -> None:
    two_strips(edit)
    film = save(edit)
    insert(edit, "A", "B")
    raw(strip_of().fcvg)["hold"] = 10**9
    raw(edit.scene.fcvg)["count"] = 2**31 - 1
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(film)) as (there, here):
        here.scenes = there.scenes[:1]
    if not hasattr(bpy.app.handlers, "blend_import_post"):  # before 4.3: when the artist goes on
        bpy.ops.ed.undo_push(message="Append")
        handlers.after_change_of_history()
    assert strip_of().fcvg.hold == 3
    assert here.scenes[0].fcvg.count == 1000


def odd_manifests() -> list[Any]:
    """One for each entry of a manifest, with something else in its place; and some that are none."""
    whole = {
        "manifest": 1,
        "state": "done",
        "identity": {"engine": "1", "count": 4, "method": "rife", "timing": "linear", "hold": 1, "format": "png"},
        "frames": [{"index": 1, "hold": 1, "file": "0001.png", "time": 0.2, "sha256": ""}],
        "models": [{"name": "n", "title": "t", "licence": "l", "commercial": "yes"}],
        "keys": {"start": "s", "end": "e"},
        "size": [1, 1],
        "method": "rife",
        "reason": "",
        "device": "cpu",
        "seed": 1,
        "breakdown": 0.5,
        "notes": ["n"],
        "versions": {"torch": "2"},
        "seconds": 1.0,
    }
    others = (5, -1, 2**70, 0.5, "abc", "\ud800", None, [[]], {"a": {}}, ["x"] * 5000)
    ways = [(name,) for name in whole]
    ways += [("identity", name) for name in whole["identity"]]
    ways += [("frames", 0, name) for name in whole["frames"][0]]
    ways += [("models", 0, name) for name in whole["models"][0]]
    found: list[Any] = [*others]
    for way in ways:
        for other in others:
            content = json.loads(json.dumps(whole))
            place = content
            for step in way[:-1]:
                place = place[step]
            place[way[-1]] = other
            found.append(content)
    return found


def test_one_odd_manifest_stops_no_other_strip(board: Edit) -> None:
    """Each of them was being made when the file was saved, and is whole."""
    folder = strips.folder(strip_of("idB"))
    for content in odd_manifests():
        (folder / "manifest.json").write_text(json.dumps(content))
        open_again()
        assert guard.failures() == ""
        assert {name: state for name, state in states().items() if name != "B"} == dict.fromkeys("ACD", DONE)
        assert states()["B"] in {DONE, INCOMPLETE}


@pytest.mark.parametrize("name", ["manifest.json", "0001.png", "key_start.png"])
def test_what_is_no_file_stops_nothing(board: Edit, name: str) -> None:
    folder = strips.folder(strip_of("idB"))
    chance = random.Random(name)
    for _ in range(20):
        shutil.rmtree(folder)
        folder.mkdir()
        end = odd.put_something_else(chance, folder / name)
        problems: list[str] = []
        with watching.bounded(problems):
            open_again()
        end()
        assert problems == []
        assert guard.failures() == ""
        assert {name: state for name, state in states().items() if name != "B"} == dict.fromkeys("ACD", DONE)


def test_a_strip_that_cannot_be_understood_stops_no_other(board: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever that may be, it is told in the console once."""
    known = strips.folder

    def folder(strip: Any) -> Path:
        if strip.fcvg.id in {"idB", "idC"}:
            raise ZeroDivisionError("a mistake")
        return known(strip)

    monkeypatch.setattr(take_folders, "find_moved", lambda: 1 / 0)
    monkeypatch.setattr(strips, "folder", folder)
    open_again()
    assert states() == {"A": DONE, "B": "RUNNING", "C": "RUNNING", "D": DONE}
    assert guard.failures().count("ZeroDivisionError: a mistake") == 1
    assert "stumbled" in bpy.context.window_manager.fcvg.error_message


def test_a_disk_that_does_not_answer_holds_blender_for_seconds_only(
    board: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one in the network that is gone. All that lies on it stays as the file says."""
    gone, known = board.folder / "frames", Path.stat

    def stat(path: Path, **how: Any) -> os.stat_result:
        if path.is_relative_to(gone):
            time.sleep(3600)
        return known(path, **how)

    monkeypatch.setattr(Path, "stat", stat)
    problems: list[str] = []
    with watching.bounded(problems, 60):
        open_again()
        resync()
    assert problems == []
    assert states() == dict.fromkeys("ABCD", "RUNNING")


def test_a_scene_that_only_calls_itself_temporary_stays(edit: Edit) -> None:
    """A mark in the file is no reason to throw an artist's scene away."""
    two_strips(edit)
    other = bpy.data.scenes.new("Other")
    other.fcvg.stills.is_temporary = edit.scene.fcvg.stills.is_temporary = True
    group = bpy.data.node_groups.new("Mine", "ShaderNodeTree")
    group["fcvg_temporary"], group.use_fake_user = True, True
    name = edit.scene.name
    save(edit)
    open_again()
    assert {scene.name for scene in bpy.data.scenes} == {name, "Other"}
    assert "Mine" in bpy.data.node_groups


def test_the_panels_show_nothing_that_a_file_says_of_the_session(edit: Edit) -> None:
    status = bpy.context.window_manager.fcvg
    status.error_message, status.engine_state, status.preflight.sentence = "Call this number.", "Fine", "x"
    raw(status)["jobs"] = [{"name": "x", "fraction": 0.5}] * 3
    handlers.after_load()
    status = bpy.context.window_manager.fcvg
    assert (status.error_message, status.engine_state, status.preflight.sentence, len(status.jobs)) == ("", "", "", 0)


def test_leftovers_of_a_crash_go_when_the_artist_saves_and_not_before(edit: Edit) -> None:
    two_strips(edit)
    save(edit)
    _, folder = insert(edit, "A", "B")
    bpy.ops.wm.save_mainfile()
    leftover = write_png(folder / ".fcvg-tmp-0001.png", noise(1))
    os.utime(leftover, (0, 0))
    take_folders.unsaved_root().mkdir(parents=True, exist_ok=True)
    open_again()
    assert leftover.exists()
    bpy.ops.wm.save_mainfile()
    assert not leftover.exists()
    assert compat.all_strips(bpy.context.scene)
