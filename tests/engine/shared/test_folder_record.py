# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a folder and its bookkeeping: unfinished files, the list, the lock. Others may have files so called."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fcvg_engine.files.folder_lock import locked
from fcvg_engine.shared import folder_record, own_files
from fcvg_engine.shared.errors import BadRequest
from fcvg_engine.shared.folder_record import LOCK, NAME, FolderRecord

FRAMES = ("0001.png", "0002.png", "key_start.png")
PUT: dict[str, Callable[[Path, Path], object]] = {
    "file": lambda path, other: path.write_bytes(b"the artist's own"),
    "empty": lambda path, other: path.write_bytes(b""),
    "list": lambda path, other: path.write_bytes(b"# my files\n" + b"0" * 64 + b"  0001.png\n"),
    "link": lambda path, other: path.symlink_to(other),
    "hard link": lambda path, other: path.hardlink_to(other),
    "folder": lambda path, other: path.mkdir(),
    "pipe": lambda path, other: os.mkfifo(path),
}


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A file of the artist's beside our folder."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"notes")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with frames of ours."""
    path = tmp_path / "take"
    path.mkdir()
    for name in FRAMES:
        FolderRecord(path).write(name, name.encode())
    return path


def signs(path: Path) -> tuple[int, int, bytes]:
    """What would be another where something has replaced or written to what lies there."""
    status = path.lstat()
    return status.st_ino, status.st_mode, path.read_bytes() if path.is_file() else b""


class TestUnfinishedFiles:
    @pytest.mark.parametrize("name", ["x", "probe", "notes.txt", "drawing.kra", "0001", "0001.psd", "1a2b3c4-0001.png"])
    @pytest.mark.parametrize("kind", ["file", "folder", "link", "hard link"])
    def test_what_only_begins_so_stays(self, folder: Path, other: Path, name: str, kind: str) -> None:
        path = folder / f"{folder_record.TEMPORARY}{name}"
        PUT[kind](path, other)
        before = signs(path)
        folder_record.delete_unfinished(folder)
        FolderRecord(folder).write("0001.png", b"newer")
        folder_record.delete(folder)
        assert signs(path) == before
        assert other.read_bytes() == b"notes"

    @pytest.mark.parametrize("name", ["0001.png", "manifest.json", "key_start.png", "1a2b3c4d-anything"])
    def test_ours_go_whatever_version_has_left_them(self, folder: Path, name: str) -> None:
        path = folder / f"{folder_record.TEMPORARY}{name}"
        path.write_bytes(b"half a pic")
        folder_record.delete_unfinished(folder, before_s=time.time() - 60)
        assert path.exists()
        folder_record.delete_unfinished(folder)
        assert not path.exists()

    @pytest.mark.parametrize("kind", ["folder", "link", "hard link", "pipe"])
    def test_under_a_name_of_ours_only_a_file_of_its_own_goes(self, folder: Path, other: Path, kind: str) -> None:
        path = folder / folder_record.unfinished_name("0001.png")
        PUT[kind](path, other)
        before = signs(path)
        folder_record.delete(folder)
        assert signs(path) == before

    def test_one_that_has_got_its_name_goes_and_the_file_stays(self, folder: Path) -> None:
        path = folder / folder_record.unfinished_name("0001.png")
        path.hardlink_to(folder / "0001.png")
        folder_record.delete_unfinished(folder)
        assert not path.exists()
        assert (folder / "0001.png").read_bytes() == b"0001.png"

    def test_each_has_a_name_of_its_own(self) -> None:
        names = {folder_record.unfinished_name("0001.png") for _ in range(100)}
        assert len(names) == 100
        assert all(map(folder_record.is_unfinished, names))


class TestTheList:
    @pytest.mark.parametrize("kind", [kind for kind in PUT if kind != "empty"])
    def test_another_file_of_that_name_is_not_written_to(self, tmp_path: Path, other: Path, kind: str) -> None:
        folder = tmp_path / "take"
        folder.mkdir()
        PUT[kind](folder / NAME, other)
        before = signs(folder / NAME)
        with pytest.raises(own_files.NotOurs):
            FolderRecord(folder).write("0001.png", b"ours")
        folder_record.delete(folder)
        assert signs(folder / NAME) == before
        assert other.read_bytes() == b"notes"
        assert not (folder / "0001.png").exists()

    def test_an_empty_one_is_begun(self, tmp_path: Path) -> None:
        """A full disk leaves such, and nobody has anything in it."""
        (tmp_path / NAME).touch()
        FolderRecord(tmp_path).write("0001.png", b"ours")
        assert FolderRecord(tmp_path).delete("0001.png")
        assert not (tmp_path / "0001.png").exists()

    def test_a_copy_that_shares_it_stays_as_it_was(self, folder: Path, tmp_path: Path) -> None:
        """As programs make them that keep copies by hard links."""
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy, copy_function=os.link)
        before = {path: signs(path) for path in copy.iterdir()}
        FolderRecord(folder).write("0003.png", b"more")
        FolderRecord(folder).write("0001.png", b"newer")
        assert {path: signs(path) for path in copy.iterdir()} == before
        folder_record.delete(folder)
        assert not folder.exists()
        assert {path: signs(path) for path in copy.iterdir()} == before

    @pytest.mark.parametrize("is_shared", [False, True])
    def test_many_add_to_it_at_once_and_no_line_is_lost(self, tmp_path: Path, is_shared: bool) -> None:
        """As Blender and the engine do, and an installer that fetches several wheels."""
        if is_shared:
            FolderRecord(tmp_path).note(tmp_path / "first.png", "0" * 64)
            (tmp_path / "copy").hardlink_to(tmp_path / NAME)
        names = [f"{number:04d}.png" for number in range(400)]

        def write_each(first: int) -> None:
            record = FolderRecord(tmp_path)
            for name in names[first::4]:
                assert record.write(name, name.encode())

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write_each, range(4)))
        record = FolderRecord(tmp_path)
        assert [name for name in names if not record.delete(name)] == []

    def test_it_goes_on_after_a_line_that_was_cut_short(self, folder: Path) -> None:
        with (folder / NAME).open("ab") as file:
            file.write(b"0123")
        FolderRecord(folder).write("0003.png", b"more")
        folder_record.delete(folder)
        assert not folder.exists()


class TestFoldersInIt:
    @pytest.mark.parametrize("name", ["before", "native", "native-2", "0001.png", "native copy", "A_0a1b2c3d"])
    def test_a_copy_of_the_folder_in_itself_stays(self, folder: Path, name: str) -> None:
        shutil.copytree(folder, folder.parent / "copy")
        if (folder / name).exists():
            (folder / name).unlink()
        (folder.parent / "copy").rename(folder / name)
        before = {path: signs(path) for path in (folder / name).iterdir()}
        folder_record.delete(folder)
        assert {path: signs(path) for path in (folder / name).iterdir()} == before

    def test_native_frames_go(self, folder: Path) -> None:
        for name in ("native", "native-2"):
            (folder / name).mkdir()
            FolderRecord(folder / name).write("native_00.png", b"native")
        folder_record.delete(folder)
        assert not folder.exists()


class TestTheLock:
    @pytest.mark.parametrize("kind", ["file", "link", "hard link", "folder", "pipe"])
    def test_another_file_of_that_name_is_not_locked(self, folder: Path, other: Path, kind: str) -> None:
        """Libraries that lock files have emptied them."""
        PUT[kind](folder / LOCK, other)
        before = signs(folder / LOCK)
        with pytest.raises(BadRequest, match=LOCK), locked(folder):
            pass
        folder_record.delete(folder)
        assert signs(folder / LOCK) == before
        assert other.read_bytes() == b"notes"
