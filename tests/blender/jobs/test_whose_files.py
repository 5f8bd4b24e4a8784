# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancelling, failing and cleaning up in Blender: what is the artist's stays, however it came into a take's folder, and
so does what a saved file shows."""

from __future__ import annotations

import os
import random
import shutil
import signal
import string
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import HANG_S, idle, ours, save, status, turn_until, two_strips
from edits import Edit, noise
from laid_strips import request
from pictures import write_png

from fcvg_blender import compat
from fcvg_blender.edit import gaps, strip_takes, strips, take_folders
from fcvg_blender.jobs import queue
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import menu_choices, strip_record

NAMES = (
    *("notes.txt", "0001.png", "0009.png", "key_start.png", "preview.png", "manifest.json", "native", "nothing.png"),
    *(".fcvg-tmp-x", ".fcvg-files", ".fcvg.lock", "yours-0001.png", "matches.json", "sub"),
)
FAULT, AT = "FCVG_DUMMY_FAULT", "FCVG_DUMMY_AT"


@pytest.fixture(scope="module", autouse=True)
def slow_engine() -> Iterator[None]:
    """One engine for all tests that leave it alive; its dummy method takes its time."""
    session.end_engine(HANG_S)
    word = menu_choices.engine_word
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCVG_DUMMY", "1")
        patch.setenv("FCVG_DUMMY_DELAY_S", "0.1")
        patch.setattr(menu_choices, "engine_word", lambda name: "dummy" if name == "DISSOLVE" else word(name))
        patch.setattr(compat, "has_window", lambda: True)
        yield
        session.end_engine(HANG_S)


@pytest.fixture
def film(edit: Edit) -> Iterator[Edit]:
    """An edit with a gap, saved; what runs in the end is stopped."""
    two_strips(edit)
    save(edit)
    bpy.ops.ed.undo_push(message="Edit")
    yield edit
    status().paused = False
    bpy.ops.fcvg.cancel()
    turn_until(idle)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of the artist's."""
    folder = tmp_path / "own"
    (folder / "inner").mkdir(parents=True)
    for name in ("0001.png", "inner/0002.png"):
        write_png(folder / name, noise(7))
    return folder


@pytest.fixture
def dying_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It dies before its first drawing."""
    session.end_engine(HANG_S)
    monkeypatch.setenv(FAULT, "crash")
    monkeypatch.setenv(AT, "0")
    yield
    session.end_engine(HANG_S)


def everything(*folders: Path) -> dict[Path, object]:
    """All that lies below, and what it is."""
    found: dict[Path, object] = {}
    for folder in folders:
        for path in (folder, *sorted(folder.rglob("*") if not folder.is_symlink() else ())):
            if path.is_symlink():
                found[path] = path.readlink()
            else:
                found[path] = path.read_bytes() if path.is_file() else "folder"
    return found


def put_all(folder: Path, own: Path, chance: random.Random) -> dict[Path, object]:
    """The artist puts something under each name that is free: files, folders with files, links of both kinds, to files
    and to folders. Return what that is."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[Path, object] = {}
    for name in chance.sample(NAMES, len(NAMES)):
        with suppress(FileExistsError):  # not free, or no more: the engine may be writing
            put(folder / name, own, chance)
            found |= everything(folder / name)
    return found


def put(path: Path, own: Path, chance: random.Random) -> None:
    """One thing under one name. Raises FileExistsError."""
    kind = chance.randrange(5)
    if kind == 0:
        with path.open("xb") as file:
            file.write(chance.randbytes(20))
    elif kind == 1:
        shutil.copytree(own, path)
        shutil.copy(own / "0001.png", path / ".fcvg-files")
    elif kind == 2:
        path.symlink_to(chance.choice([own / "0001.png", own / "nowhere"]))
    elif kind == 3:
        path.symlink_to(own / "inner")
    else:
        path.hardlink_to(own / "0001.png")


def generate(until: Callable[[], Any] = lambda: True) -> Path:
    """Click, and wait; return the folder of the take."""
    bpy.ops.fcvg.generate_inbetweens("EXEC_DEFAULT", True)
    folder = strips.folder(ours())
    turn_until(until)
    return folder


def made() -> bool:
    return bool(ours() and ours().fcvg.made)


def settled() -> bool:
    return idle() and not queue.can_go_on()


# How a take ends of which nothing was made, and what takes it out of the edit.
ENDS: dict[str, Callable[[], object]] = {
    "cancel it": lambda: bpy.ops.fcvg.cancel(take=ours().fcvg.id),
    "cancel all": lambda: bpy.ops.fcvg.cancel(),
    "open another file": lambda: bpy.ops.wm.read_factory_settings(use_empty=True),
    "undo, and open another file": lambda: (bpy.ops.ed.undo(), bpy.ops.wm.read_factory_settings(use_empty=True)),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("moment", ["waiting", "running", "made"])
def test_what_an_artist_has_put_into_a_folder_stays(film: Edit, own: Path, moment: str, end: Any, seed: int) -> None:
    status().paused = moment == "waiting"
    folder = generate(until=made if moment == "made" else lambda: moment == "waiting" or session.jobs)
    theirs = put_all(folder, own, random.Random(seed)) | everything(own)
    end()
    turn_until(settled)
    assert {path: what for path, what in everything(film.folder).items() if path in theirs} == theirs


@pytest.mark.usefixtures("dying_engine")
@pytest.mark.parametrize("seed", range(4))
def test_it_stays_when_the_engine_dies_before_its_first_drawing(film: Edit, own: Path, seed: int) -> None:
    status().paused = True
    folder = generate()
    theirs = put_all(folder, own, random.Random(seed)) | everything(own)
    status().paused = False
    turn_until(settled)
    assert status().error_message
    assert {path: what for path, what in everything(film.folder).items() if path in theirs} == theirs


@pytest.mark.usefixtures("dying_engine")
def test_with_nothing_of_the_artists_in_it_the_folder_goes(film: Edit) -> None:
    folder = generate(until=settled)
    assert ours() is None
    assert not folder.exists()


@pytest.mark.parametrize("moment", ["waiting", "made"])
@pytest.mark.parametrize("how", ["the folder", "the folder above"])
def test_where_a_link_leads_all_stays(film: Edit, own: Path, moment: str, how: str) -> None:
    """The artist has moved the folder, and later puts it back otherwise."""
    status().paused = moment == "waiting"
    folder = generate(until=made if moment == "made" else lambda: True)
    moved = folder if how == "the folder" else folder.parent
    copy = own / "copy"
    shutil.copytree(moved, copy)
    moved.rename(moved.with_name("aside"))
    moved.symlink_to(copy)
    before = everything(own)
    bpy.ops.fcvg.cancel()
    turn_until(settled)
    status().paused = False
    after = everything(own)
    books = (".fcvg.lock", ".fcvg-files", "manifest.json")  # the engine may be writing in them just then
    assert {path: after.get(path) for path in before if path.name not in books} == {
        path: what for path, what in before.items() if path.name not in books
    }
    assert moved.is_symlink()


class TestTwoFiles:
    """`film.blend` and a copy of it share the folders of their takes."""

    @pytest.mark.parametrize("moment", ["waiting", "running", "made"])
    @pytest.mark.parametrize("how", ["copied beside", "saved under another name", "saved as a copy", "only saved"])
    def test_what_a_saved_file_shows_stays(self, film: Edit, moment: str, how: str) -> None:
        """Cancelled where it was begun; the other file, or an older state of this one, shows it still."""
        status().paused = moment == "waiting"
        folder = generate(until=made if moment == "made" else lambda: moment == "waiting" or session.jobs)
        bpy.ops.wm.save_mainfile()
        other = film.folder / "film_v2.blend"
        if how == "copied beside":
            shutil.copy(bpy.data.filepath, other)
        elif how != "only saved":
            bpy.ops.wm.save_as_mainfile(filepath=str(other), copy=how == "saved as a copy")
        before = everything(folder)
        bpy.ops.fcvg.cancel()
        turn_until(settled)
        status().paused = False
        kept = {
            path: what for path, what in before.items() if path.name != "manifest.json" and ".fcvg" not in path.name
        }
        assert kept.items() <= everything(folder).items()
        bpy.ops.wm.open_mainfile(filepath=str(other if other.exists() else bpy.data.filepath))
        assert strips.folder(ours()) == folder
        assert all((folder / element.filename).is_file() for element in ours().elements)

    @pytest.mark.parametrize("do", [bpy.ops.fcvg.cancel, bpy.ops.fcvg.cancel_all])
    def test_the_copy_cancels_what_the_other_waits_for(self, film: Edit, do: Any) -> None:
        status().paused = True
        folder = generate()
        bpy.ops.wm.save_mainfile()
        other = film.folder / "film_v2.blend"
        shutil.copy(bpy.data.filepath, other)
        before = everything(folder)
        bpy.ops.wm.open_mainfile(filepath=str(other))
        do()
        turn_until(settled)
        assert ours() is None
        assert everything(folder) == before

    def test_frames_of_an_unsaved_film_stay_where_a_saved_copy_shows_them(self, edit: Edit, tmp_path: Path) -> None:
        """The copy was saved while they were made; then the film got its place."""
        two_strips(edit)
        folder = generate(until=made)
        (edit.folder / "copy").mkdir()
        bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "copy" / "copy.blend"), copy=True)
        turn_until(settled)
        shown = {element.filename for element in ours().elements}
        bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
        assert strips.folder(ours()) == edit.folder / "inbetweens" / folder.name
        assert all((edit.folder / "inbetweens" / folder.name / name).is_file() for name in shown)
        assert all((folder / name).is_file() for name in shown)

    def test_frames_of_an_unsaved_film_move_with_it(self, edit: Edit) -> None:
        two_strips(edit)
        folder = generate(until=settled)
        bpy.ops.wm.save_as_mainfile(filepath=str(edit.folder / "film.blend"))
        assert not folder.exists()
        assert (edit.folder / "inbetweens" / folder.name / "0001.png").is_file()


def hostile_names(own: Path, take_id: str) -> Iterator[str]:
    """Names that no folder of ours has, of this system and of Windows."""
    yield from ("..", ".", "", "/", "../..", "../own", str(own), f"../own/x_{take_id}", f"{own}/x_{take_id}", "//", "~")
    yield from (
        "C:\\x",
        "C:",
        "a\\..\\b",
        "..\\..",
        f"..\\x_{take_id}",
        "\\\\server\\share",
        "CON",
        f"CON._{take_id}",
    )
    yield from (f"x_{take_id}/", f"x_{take_id} ", f" x_{take_id}", f"x:y_{take_id}", f"x_{take_id}.", "nul.txt")
    chance = random.Random(5)
    parts = ("..", ".", "/", "\\", own.name, take_id, "_", ":", " ", "x", "film", "\n", "inbetweens")
    for _ in range(150):
        yield "".join(chance.choice(parts) for _ in range(chance.randint(1, 6)))
        yield "".join(chance.choices(string.printable, k=chance.randint(1, 9))) + f"_{take_id}"


@pytest.fixture
def waiting(film: Edit) -> Path:
    """A take waits; its folder. Beside the file lie pictures with names that we use, and folders."""
    status().paused = True
    film.picture("0001.png", noise(5))
    film.picture("key_start.png", noise(6))
    (film.folder / "mine").mkdir()
    return generate()


@pytest.mark.usefixtures("waiting")
class TestStrangeFolders:
    """A blend file from anywhere names any folder as that of a take."""

    def test_no_name_leads_out_of_the_place_of_take_folders(self, own: Path) -> None:
        record = ours().fcvg
        for name in hostile_names(own, record.id):
            record.folder = name
            folder = take_folders.of_take(ours(), record)
            assert folder.parent == strips.folder(ours()).parent, name
            assert folder.name.endswith(f"_{record.id}"), name

    @pytest.mark.parametrize("directory", ["//", "/", "//../", "{own}/", "{own}/x_{id}/", "//x_{id}/", "//mine/"])
    @pytest.mark.parametrize("do", ["make", "cancel", "open", "show"])
    def test_nothing_is_written_or_deleted_in_a_folder_that_is_not_ours(
        self, film: Edit, own: Path, directory: str, do: str
    ) -> None:
        """Whether the strip is told to show it, or its take to have it."""
        record = ours().fcvg
        ours().directory = directory.format(own=own, id=record.id)
        record.folder = strips.folder(ours()).name
        asked = request(own, gaps.of_strip(bpy.context.scene, ours()))
        take = strip_takes.add(ours(), asked, "00c0ffee", strips.folder(ours()))
        take.folder = "../own"
        bpy.ops.wm.save_mainfile()
        before = everything(film.folder, own, take_folders.unsaved_root())
        if do == "make":
            status().paused = False
            turn_until(settled)
            assert status().error_message
        elif do == "cancel":
            bpy.ops.fcvg.cancel()
            turn_until(settled)
        elif do == "show":
            strip_takes.show(ours(), 2)
            strip_takes.show(ours(), 1)
        bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
        turn_until(lambda: not session.jobs)
        assert everything(film.folder, own, take_folders.unsaved_root()) == before

    @pytest.mark.parametrize("directory", ["//", "{own}/", "{own}/x_{id}/", "{own}/{name}/", "{moved}/{name}/"])
    @pytest.mark.parametrize("do", ["cancel", "open another"])
    def test_only_the_folder_that_was_made_for_a_take_is_deleted(
        self, film: Edit, own: Path, waiting: Path, directory: str, do: str
    ) -> None:
        """Not even a copy of it, in which each file is as we have written it."""
        record = ours().fcvg
        moved = film.folder / "moved"
        for copy in (own / f"x_{record.id}", own / waiting.name, moved / waiting.name):
            shutil.copytree(waiting, copy)
        ours().directory = directory.format(own=own, moved=moved, id=record.id, name=waiting.name)
        record.folder = strips.folder(ours()).name
        before = everything(own, moved)
        pictures = [film.folder / "0001.png", film.folder / "key_start.png", film.folder / "film.blend"]
        if do == "cancel":
            bpy.ops.fcvg.cancel()
        else:
            compat.strips(bpy.context.scene).remove(ours())
            bpy.ops.wm.read_factory_settings(use_empty=True)
        turn_until(settled)
        assert everything(own, moved) == before
        assert all(path.is_file() for path in pictures)


class TestLeftovers:
    """Unfinished files that a killed session has left."""

    @pytest.fixture
    def long_ago_s(self) -> float:
        return time.time() - 2 * take_folders.LEFTOVER_AGE_S

    @pytest.mark.parametrize("unsaved", ["missing", "empty", "a file", "a broken link"])
    def test_they_go_whatever_is_the_matter_with_the_folder_for_unsaved_files(
        self, film: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsaved: str, long_ago_s: float
    ) -> None:
        root = tmp_path / "user data"
        monkeypatch.setattr(take_folders, "unsaved_root", lambda: root)
        if unsaved == "empty":
            root.mkdir()
        elif unsaved == "a file":
            root.write_text("a file")
        elif unsaved == "a broken link":
            root.symlink_to("nowhere")
        folder = generate(until=settled)
        leftover = folder / ".fcvg-tmp-0002.png"
        leftover.write_bytes(b"half")
        os.utime(leftover, (long_ago_s, long_ago_s))
        take_folders.clean_leftovers()
        assert not leftover.exists()

    def test_they_stay_in_folders_of_the_artists(
        self, film: Edit, own: Path, monkeypatch: pytest.MonkeyPatch, long_ago_s: float
    ) -> None:
        """That a strip shows, or that a link leads to."""
        generate(until=settled)
        monkeypatch.setattr(take_folders, "unsaved_root", lambda: own.parent / "user data")
        take_folders.unsaved_root().mkdir()
        (take_folders.unsaved_root() / "A_0a1b2c3d").symlink_to(own / "inner")
        theirs = [own / ".fcvg-tmp-0001.png", own / "inner" / ".fcvg-tmp-0001.png"]
        for path in theirs:
            path.write_bytes(b"the artist's own")
            os.utime(path, (long_ago_s, long_ago_s))
        ours().directory = f"{own}/"
        take_folders.clean_leftovers()
        assert all(path.read_bytes() == b"the artist's own" for path in theirs)


def test_a_killed_engine_keeps_what_it_has_made(film: Edit) -> None:
    folder = generate(until=made)
    assert session.client is not None and session.client.hello is not None
    os.kill(session.client.hello.pid, signal.SIGKILL)
    turn_until(settled)
    assert ours().fcvg.state == strip_record.INCOMPLETE
    assert list(folder.glob("0*.png"))


def test_frames_made_once_more_are_taken_back_with_their_folder(film: Edit) -> None:
    """Nothing is left of a range that was cancelled."""
    generate(until=settled)
    before = everything(film.folder / "inbetweens")
    ours().select = True
    bpy.context.scene.sequence_editor.active_strip = ours()
    left = compat.left(ours())
    bpy.ops.fcvg.redo_range("EXEC_DEFAULT", True, first=left, last=left + 1)
    bpy.ops.fcvg.cancel()
    turn_until(settled)
    assert everything(film.folder / "inbetweens") == before
