# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not provably ours is never deleted or replaced: whatever it is called, wherever links lead."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fcvg_engine.shared import file_lock, file_records, folder_record, own_files
from fcvg_engine.shared.folder_record import FolderRecord

NAMES = ("0001.png", "manifest.json", "key_start.png", "preview.png", "notes.txt", ".hidden", "ü b.png", "-rf", "a'b")


def seen(folder: Path) -> dict[str, object]:
    """Everything below `folder`: the content of files, where links lead, and which folders there are."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = "link to " + str(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else "folder"
    return found


class Folder:
    """A folder of ours in which an artist works too. It knows whose each file is."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.path, self.outside, self.chance = path / "take", path / "elsewhere", chance
        self.path.mkdir()
        self.outside.mkdir()
        (self.outside / "original.png").write_bytes(b"original")
        self.theirs: dict[Path, object] = {self.outside / "original.png": b"original"}

    def step(self) -> None:
        """We or the artist do something to a file."""
        path = self.path / self.chance.choice(NAMES)
        deed = self.chance.choice((self.write, self.delete, self.paint, self.link, self.hard_link, self.make_folder))
        deed(path)

    def write(self, path: Path) -> None:
        content = self.chance.randbytes(self.chance.randrange(9))
        try:
            FolderRecord(self.path).write(path.name, content)
        except own_files.NotOurs:
            assert path in self.theirs
        else:
            assert self.theirs.get(path) in (None, content)
            assert path.read_bytes() == content

    def delete(self, path: Path) -> None:
        assert FolderRecord(self.path).delete(path.name) == (path not in self.theirs)

    def paint(self, path: Path) -> None:
        if path.is_file() and not path.is_symlink():
            path.write_bytes(path.read_bytes() + b"!")
            self.theirs[path] = path.read_bytes()
            if path.stat().st_nlink > 1:
                self.theirs[self.outside / "original.png"] = path.read_bytes()
                for each in list(self.theirs):
                    if each.is_file() and not each.is_symlink() and each.samefile(path):
                        self.theirs[each] = path.read_bytes()

    def link(self, path: Path) -> None:
        if not os.path.lexists(path):
            path.symlink_to(self.chance.choice((self.outside, self.outside / "original.png", self.outside / "gone")))
            self.theirs[path] = "link"

    def hard_link(self, path: Path) -> None:
        if not os.path.lexists(path):
            path.hardlink_to(self.outside / "original.png")
            self.theirs[path] = path.read_bytes()

    def make_folder(self, path: Path) -> None:
        if not os.path.lexists(path):
            path.mkdir()
            (path / "drawing.kra").write_bytes(b"drawing")
            self.theirs[path] = "folder"
            self.theirs[path / "drawing.kra"] = b"drawing"

    def check(self) -> None:
        """Nothing of the artist's is lost or changed."""
        for path, what in self.theirs.items():
            if what == "link":
                assert path.is_symlink()
            elif what == "folder":
                assert path.is_dir()
            else:
                assert path.read_bytes() == what


@pytest.mark.parametrize("seed", range(60))
def test_nothing_of_the_artists_is_lost_in_a_folder_of_ours(tmp_path: Path, seed: int) -> None:
    folder = Folder(tmp_path, random.Random(seed))
    for _ in range(40):
        folder.step()
        folder.check()
    folder_record.delete(folder.path)
    folder.check()
    left = {path for path in folder.path.rglob("*") if path.name != folder_record.NAME}
    assert left == {path for path in folder.theirs if path.is_relative_to(folder.path)}
    assert folder.path.exists() == bool(left)


def test_a_file_that_comes_while_we_write_stays(tmp_path: Path) -> None:
    target = tmp_path / "0001.png"

    def pieces() -> Iterator[bytes]:
        yield b"ours"
        target.write_bytes(b"theirs")

    with pytest.raises(own_files.NotOurs):
        own_files.write(target, pieces(), FolderRecord(tmp_path))
    assert target.read_bytes() == b"theirs"
    assert {path.name for path in tmp_path.iterdir()} == {"0001.png", folder_record.NAME}


def test_a_file_that_is_painted_while_we_write_stays(tmp_path: Path) -> None:
    record = FolderRecord(tmp_path)
    record.write("0001.png", b"ours")

    def pieces() -> Iterator[bytes]:
        yield b"newer"
        (tmp_path / "0001.png").write_bytes(b"painted")

    with pytest.raises(own_files.NotOurs):
        own_files.write(tmp_path / "0001.png", pieces(), record)
    assert (tmp_path / "0001.png").read_bytes() == b"painted"


def test_a_folder_that_is_a_link_stays_with_all_that_is_in_it(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    FolderRecord(real).write("0001.png", b"ours")
    before = seen(real)
    (tmp_path / "take").symlink_to(real)
    folder_record.delete(tmp_path / "take")
    assert seen(real) == before
    assert (tmp_path / "take").is_symlink()


def test_a_folder_in_which_a_job_works_stays(tmp_path: Path) -> None:
    folder = tmp_path / "take"
    folder.mkdir()
    FolderRecord(folder).write("0001.png", b"ours")
    with file_lock.held(folder / folder_record.LOCK, lambda: None):
        folder_record.delete(folder)
        assert (folder / "0001.png").read_bytes() == b"ours"
    folder_record.delete(folder)
    assert not folder.exists()


def test_the_longest_name_of_letters_of_four_bytes_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("\N{GRINNING FACE}" * 63)
    own_files.write(path, b"new", file_records.Written())
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_put_aside_keeps_its_content_and_takes_no_other_name(tmp_path: Path) -> None:
    for content in (b"1", b"2", b"3"):
        (tmp_path / "0003.png").write_bytes(content)
        own_files.put_aside(tmp_path / "0003.png")
    assert seen(tmp_path) == {"yours-0003.png": b"1", "yours-0003-2.png": b"2", "yours-0003-3.png": b"3"}


def test_the_same_where_the_disk_has_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(38, "not implemented")

    monkeypatch.setattr(os, "link", refuse)
    record = FolderRecord(tmp_path)
    record.write("0001.png", b"ours")
    record.write("0001.png", b"newer")
    assert (tmp_path / "0001.png").read_bytes() == b"newer"
    (tmp_path / "0002.png").write_bytes(b"theirs")
    with pytest.raises(own_files.NotOurs):
        record.write("0002.png", b"ours")


def test_the_list_is_one_that_sha256sum_reads(tmp_path: Path) -> None:
    record = FolderRecord(tmp_path)
    for name in NAMES:
        record.write(name, name.encode())
    assert len((tmp_path / folder_record.NAME).read_text("utf-8").splitlines()) == 1 + len(NAMES)
    checked = subprocess.run(["sha256sum", "--check", "--strict", folder_record.NAME], cwd=tmp_path, check=False)
    assert checked.returncode == 0


def test_links_on_the_way_are_found(tmp_path: Path) -> None:
    (tmp_path / "real" / "a" / "b").mkdir(parents=True)
    (tmp_path / "real" / "c").symlink_to("a")
    (tmp_path / "root").symlink_to("real")
    for root in (tmp_path / "real", tmp_path / "root"):
        assert own_files.link_on_the_way(root, root / "a" / "b" / "file") is None
        assert own_files.link_on_the_way(root, root / "c") is None, "that is no folder on the way, but the file itself"
        assert own_files.link_on_the_way(root, root / "c" / "b" / "file") == root / "c"
    assert own_files.is_link(tmp_path / "root") and not own_files.is_link(tmp_path / "real")
    assert not own_files.is_link(tmp_path / "gone")


def test_a_file_is_known_by_the_line_it_begins_with(tmp_path: Path) -> None:
    logs = file_records.Headed(b"# ours\n")
    for name, content in (("a", b"# ours\nmore"), ("b", b"# our"), ("c", b""), ("d", b" # ours\n")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "e").symlink_to("a")
    (tmp_path / "f").mkdir()
    assert [path.name for path in sorted(tmp_path.iterdir()) if own_files.delete(path, logs)] == ["a"]


def test_a_lock_that_holds_something_is_no_lock_of_ours(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"mine")
    with file_lock.held_and_removed(tmp_path / "lock", lambda: None):
        pass
    assert (tmp_path / "lock").read_bytes() == b"mine"
    with file_lock.held_and_removed(tmp_path / "other", lambda: None):
        assert (tmp_path / "other").exists()
    assert not (tmp_path / "other").exists()
