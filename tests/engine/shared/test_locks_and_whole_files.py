# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are replaced whole, and locks on files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fcvg_engine.shared import disk_errors, file_lock, file_records, own_files
from fcvg_engine.shared.errors import DiskError

RECORD = file_records.Written()


class TestWriting:
    def test_a_file_is_replaced_and_nothing_else_is_left(self, tmp_path: Path):
        for content in (b"old", b"new and longer"):
            own_files.write(tmp_path / "file", content, RECORD)
            assert (tmp_path / "file").read_bytes() == content
        assert [each.name for each in tmp_path.iterdir()] == ["file"]

    def test_what_was_there_stays_when_writing_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        own_files.write(tmp_path / "file", b"old", RECORD)

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(own_files.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            own_files.write(tmp_path / "file", b"new", RECORD)
        assert (tmp_path / "file").read_bytes() == b"old"
        assert [each.name for each in tmp_path.iterdir()] == ["file"]

    def test_a_folder_takes_another_name(self, tmp_path: Path):
        (tmp_path / "begun").mkdir()
        own_files.take_place(tmp_path / "begun", tmp_path / "done", RECORD)
        assert [each.name for each in tmp_path.iterdir()] == ["done"]


@pytest.mark.parametrize(
    ("number", "message", "hint"),
    [
        (errno.ENOSPC, "The disk is full: folder", "free some"),
        (errno.EACCES, "folder may not be written to.", "choose another"),
        (errno.EIO, f"folder/file cannot be written: {os.strerror(errno.EIO)}.", "look after the disk"),
    ],
)
def test_refusals_are_told_in_words(number: int, message: str, hint: str):
    told = disk_errors.explain(
        OSError(number, os.strerror(number)),
        Path("folder"),
        Path("folder/file"),
        if_full="free some",
        if_forbidden="choose another",
        otherwise="look after the disk",
    )
    assert (told.message, told.hint) == (message, hint)


def test_every_error_of_the_block_is_explained():
    with (
        pytest.raises(DiskError, match="no disk") as caught,
        disk_errors.explained(lambda error: DiskError(f"{error}")),
    ):
        raise OSError("no disk")
    assert isinstance(caught.value.__cause__, OSError)


class TestLocks:
    def test_one_holds_a_file_exclusively_many_share_it(self, tmp_path: Path):
        lock = tmp_path / "lock"
        first = file_lock.acquire(lock)
        assert first is not None
        assert file_lock.acquire(lock) is None
        os.close(first)
        shared = [file_lock.acquire(lock, shared=True) for _ in range(2)]
        assert None not in shared
        assert file_lock.acquire(lock) is None

    def test_who_waits_gets_the_file_that_lies_there(self, tmp_path: Path):
        """The first holder removes its file; the one who waited for that file must not take it for the new one."""
        lock, waited = tmp_path / "lock", []
        first = file_lock.held_and_removed(lock, lambda: None)
        first.__enter__()

        def wait() -> None:
            waited.append(lock.exists())
            first.__exit__(None, None, None)

        with file_lock.held_and_removed(lock, wait):
            assert waited == [True]
            assert file_lock.acquire(lock) is None
        assert not lock.exists()

    def test_a_kept_file_stays(self, tmp_path: Path):
        with file_lock.held(tmp_path / "lock", lambda: None):
            assert file_lock.acquire(tmp_path / "lock") is None
        assert (tmp_path / "lock").exists()
