# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault of a moment: a wheel is swapped after it was verified. What is unpacked and kept is what was hashed."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest
from swapper import swapping

from fcvg_engine.shared.errors import DownloadFailed
from fcvg_engine.transfer import Places, Wheel, locate, member

NAME = "tool-1.0-py3-none-any.whl"
TIMES = 150


def wheel(folder: Path, content: bytes) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        archive.writestr("tool/tool", content * 20_000)
    return folder / NAME


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return wheel(tmp_path / "good", b"good")


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    return wheel(tmp_path / "evil", b"evil")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_unpacked_is_what_was_hashed(tmp_path: Path, good: Path, evil: Path, in_place: bool) -> None:
    path, pinned, ended = tmp_path / NAME, sha256(good), []
    path.write_bytes(good.read_bytes())
    with swapping(path, good, evil, in_place):
        for _ in range(TIMES):
            try:
                assert member(path, "tool/tool", 1 << 20, pinned) == b"good" * 20_000
                ended.append("unpacked")
            except DownloadFailed as error:
                assert "not the pinned one" in error.message
                ended.append("refused")
    assert set(ended) == {"unpacked", "refused"}, "it was swapped in between"


@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_brought_from_a_studios_folder_is_what_was_hashed(
    tmp_path: Path, good: Path, evil: Path, in_place: bool
) -> None:
    studio = tmp_path / "studio"
    studio.mkdir()
    (studio / NAME).write_bytes(good.read_bytes())
    pinned = Wheel("tool", "1.0", NAME, "", sha256(good))
    brought = 0
    with swapping(studio / NAME, good, evil, in_place):
        for number in range(TIMES):
            into = tmp_path / f"into {number}"
            try:
                locate([pinned], into, Places(folders=(studio,), offline=True))
            except DownloadFailed:
                assert not (into / NAME).exists()
            else:
                brought += 1
                assert (into / NAME).stat().st_nlink == 1, "no link through which it could be changed"
                assert (into / NAME).read_bytes() == good.read_bytes()
    assert brought


def test_a_studios_file_is_never_changed_through_a_link(tmp_path: Path, good: Path, evil: Path) -> None:
    """Version 0.2.0 has linked wheels into the downloads; the studio's own name for them keeps its content."""
    studio, into = tmp_path / "studio", tmp_path / "into"
    into.mkdir()
    studio.mkdir()
    for name in (NAME, "other.whl"):
        (studio / name).write_bytes(evil.read_bytes())
    os.link(studio / NAME, into / NAME)
    (into / "other.whl").symlink_to(studio / "other.whl")
    for name in (NAME, "other.whl"):
        (tmp_path / name).write_bytes(good.read_bytes())
        pinned = Wheel("tool", "1.0", name, "", sha256(good))
        assert locate([pinned], into, Places(folders=(tmp_path,), offline=True)) == []
        assert (into / name).read_bytes() == good.read_bytes()
        assert (studio / name).read_bytes() == evil.read_bytes()
