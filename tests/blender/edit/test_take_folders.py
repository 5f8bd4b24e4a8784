# SPDX-License-Identifier: GPL-3.0-or-later
"""Where frames lie: beside the file, found again wherever the file goes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from edits import Edit, noise
from laid_strips import engine_writes, lay, strip_of

from fcvg_blender.edit import gaps, strip_pictures, strips, take_folders
from fcvg_blender.engine import errors


@pytest.fixture
def user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's data folder of this test's own, with a space and letters of other scripts."""
    root = tmp_path / "user dätа"
    monkeypatch.setattr(take_folders, "unsaved_root", lambda: root)
    return root


def insert(edit: Edit, strip_id: str = "id1") -> Path:
    """Inbetweens of two pictures, one frame made; their folder."""
    if not edit.layout():
        edit.image("A", noise(1), 1, 1, 25)
        edit.image("B", noise(2), 2, 29, 60)
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    folder = lay(edit, shot, take_folders.place(edit.scene, "A", strip_id), strip_id)
    strip_pictures.show(strip_of(strip_id), engine_writes(folder, 1))
    return folder


def save(path: Path, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), **options)


def assert_plays(edit: Edit) -> None:
    """The strip shows the frame that is made, and the later key on the last one."""
    edit.scene = bpy.context.scene
    assert (edit.rendered(25) == noise(101)).all()
    assert (edit.rendered(28) == noise(2)).all()


@pytest.fixture
def as_handler() -> Iterator[set[str]]:
    """The move before saving, as the add-on's handler does it; the set holds the ids that are busy."""
    busy: set[str] = set()

    def before_save(filepath: str, *_: object) -> None:
        take_folders.relocate_on_save(filepath, busy)

    handlers = bpy.app.handlers.save_pre
    saved = handlers[:]
    handlers[:] = [before_save]
    yield busy
    handlers[:] = saved


def test_beside_the_saved_file(edit: Edit) -> None:
    save(edit.folder / "film.blend")
    folder = insert(edit)
    assert folder == edit.folder / "inbetweens" / "A_id1"
    assert strip_of().directory == "//inbetweens/A_id1/"
    assert_plays(edit)


def test_an_unsaved_file_moves_in_beside_its_first_save(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    folder = insert(edit)
    assert folder == user_data / "A_id1"
    assert_plays(edit)
    save(edit.folder / "film" / "film.blend")
    assert not folder.exists()
    assert (edit.folder / "film" / "inbetweens" / "A_id1" / "0001.png").exists()
    assert strip_of().directory == "//inbetweens/A_id1/"
    assert_plays(edit)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(edit.folder / "film" / "film.blend"))
    assert_plays(edit)


def test_a_whole_project_folder_can_be_moved(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    insert(edit)
    save(edit.folder / "film" / "film.blend")
    (edit.folder / "film").rename(edit.folder / "elsewhere")
    bpy.ops.wm.open_mainfile(filepath=str(edit.folder / "elsewhere" / "film.blend"))
    assert (Edit(bpy.context.scene, edit.folder).rendered(25) == noise(101)).all()


def test_save_as_elsewhere_keeps_showing_frames(edit: Edit, as_handler: set[str]) -> None:
    save(edit.folder / "film.blend")
    insert(edit)
    save(edit.folder / "other" / "copy.blend")
    assert_plays(edit)
    bpy.ops.wm.open_mainfile(filepath=str(edit.folder / "other" / "copy.blend"))
    assert_plays(edit)


def test_saving_a_copy_of_an_unsaved_file(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    """The file in Blender stays unsaved; both it and the copy show the frames."""
    insert(edit)
    save(edit.folder / "copy" / "copy.blend", copy=True)
    assert bpy.data.filepath == ""
    assert_plays(edit)
    bpy.ops.wm.open_mainfile(filepath=str(edit.folder / "copy" / "copy.blend"))
    assert_plays(edit)


def test_a_folder_being_filled_waits(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    """The engine writes there; it moves when the job has ended."""
    folder = insert(edit)
    as_handler.add("id1")
    save(edit.folder / "film.blend")
    assert folder.exists()
    assert_plays(edit)
    take_folders.relocate(busy=set())
    assert not folder.exists()
    assert strip_of().directory == "//inbetweens/A_id1/"
    assert_plays(edit)


def test_waiting_folders_move_at_the_next_save(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    insert(edit)
    as_handler.add("id1")
    save(edit.folder / "film.blend")
    as_handler.clear()
    save(edit.folder / "other" / "film.blend")
    assert (edit.folder / "other" / "inbetweens" / "A_id1").is_dir()
    bpy.ops.wm.open_mainfile(filepath=str(edit.folder / "other" / "film.blend"))
    assert_plays(edit)


def test_undoing_past_the_first_save(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    """Undo brings back the strip as it was: with the path of a folder that has moved since."""
    bpy.ops.ed.undo_push(message="before")
    insert(edit)
    bpy.ops.ed.undo_push(message="Generate Inbetweens")
    edit.scene.frame_end = 99
    bpy.ops.ed.undo_push(message="something else")
    save(edit.folder / "film.blend")
    bpy.ops.ed.undo()
    assert bpy.context.scene.frame_end != 99
    assert strip_of().directory == "//inbetweens/A_id1/"
    assert_plays(edit)


def test_a_folder_found_nowhere_is_left_alone(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    """Its disk may come back."""
    insert(edit)
    save(edit.folder / "film.blend")
    (edit.folder / "inbetweens").rename(edit.folder / "gone")
    take_folders.find_moved()
    assert strip_of().directory == "//inbetweens/A_id1/"


def test_both_halves_of_a_strip_move(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    insert(edit)
    strip_of().split(frame=27, split_method="SOFT")
    save(edit.folder / "film.blend")
    assert {strip.directory for _, strip in strips.ours()} == {"//inbetweens/A_id1/"}


def test_a_folder_that_cannot_move_stays(edit: Edit, user_data: Path, as_handler: set[str]) -> None:
    folder = insert(edit)
    (edit.folder / "film").mkdir()
    (edit.folder / "film" / "inbetweens").write_text("a file where the folder should be")
    save(edit.folder / "film" / "film.blend")
    assert folder.exists()
    assert_plays(edit)


def test_a_folder_moves_to_another_disk(edit: Edit, monkeypatch: pytest.MonkeyPatch, as_handler: set[str]) -> None:
    """Whole or not at all: what cannot be copied (a named pipe) leaves everything where it was."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other_disk:
        assert Path(other_disk).stat().st_dev != edit.folder.stat().st_dev
        monkeypatch.setattr(take_folders, "unsaved_root", lambda: Path(other_disk))
        folder = insert(edit)
        os.mkfifo(folder / "pipe")
        save(edit.folder / "film.blend")
        assert sorted(path.name for path in (edit.folder / "inbetweens").iterdir()) == []
        assert_plays(edit)
        (folder / "pipe").unlink()
        save(edit.folder / "film.blend")
        assert not folder.exists()
        assert sorted(path.name for path in (edit.folder / "inbetweens").iterdir()) == ["A_id1"]
        assert_plays(edit)


def test_nothing_is_moved_for_startup_files(edit: Edit, user_data: Path) -> None:
    folder = insert(edit)
    take_folders.relocate_on_save("")
    assert folder.exists()


@pytest.mark.parametrize("where", ["file", "missing_disk"])
def test_a_folder_that_cannot_be_made(edit: Edit, where: str) -> None:
    """Before any picture is rendered, with the path and what to do."""
    blocked = edit.folder / "a file"
    blocked.write_text("")
    base = {"file": blocked, "missing_disk": Path("/proc/none")}[where]
    with pytest.raises(errors.DiskError, match="cannot be made") as caught:
        take_folders.make(take_folders.place(edit.scene, "A", "id1", base=str(base)))
    assert str(base) in caught.value.message
    assert caught.value.hint


def test_an_output_folder_of_ones_own(edit: Edit) -> None:
    """As chosen in the preferences, for saved and unsaved files alike."""
    assert take_folders.place(edit.scene, "A", "id1", base=str(edit.folder / "mine")) == edit.folder / "mine" / "A_id1"
    save(edit.folder / "film.blend")
    folder = take_folders.place(edit.scene, "A", "id2", base="//renders/between")
    assert folder == edit.folder / "renders" / "between" / "A_id2"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Shot 010", "Shot 010"),
        ("原画 ナミ é", "原画 ナミ é"),
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("##_{blend_name}_%d", "____blend_name___d"),
        ("con", "_con"),
        ("NUL.png", "_NUL.png"),
        ("com1", "_com1"),
        ("trailing. . ", "trailing"),
        ("..", "strip"),
        ("", "strip"),
        ("tab\tnew\nline\x00", "tab_new_line_"),
        ("x" * 300, "x" * 40),
        ("-rf", "-rf"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert take_folders.safe_name(name) == safe


def test_leftovers_of_a_killed_session_go_frames_stay(edit: Edit, user_data: Path) -> None:
    """Only unfinished files, and only those that nobody has touched for long."""
    folder = insert(edit)
    orphan = user_data / "orphan_id9"
    orphan.mkdir()
    (orphan / "0001.png").write_bytes(b"frame")
    old = [folder / ".fcvg-tmp-0002.png", orphan / ".fcvg-tmp-key_end.png"]
    for path in old:
        path.write_bytes(b"half")
        long_ago_s = time.time() - 2 * take_folders.LEFTOVER_AGE_S
        os.utime(path, (long_ago_s, long_ago_s))
    fresh = folder / ".fcvg-tmp-0003.png"
    fresh.write_bytes(b"half")
    take_folders.clean_leftovers()
    assert not any(path.exists() for path in old)
    assert fresh.exists()
    assert (orphan / "0001.png").exists()
    assert_plays(edit)


def test_where_unsaved_files_keep_frames_survives_a_new_version_of_the_addon() -> None:
    root = take_folders.unsaved_root()
    assert root.is_absolute()
    assert not root.is_relative_to(Path(take_folders.__file__).parent)
