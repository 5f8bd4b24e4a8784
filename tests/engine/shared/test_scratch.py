# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder for one piece of work goes with all that is in it; one that only has its name stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcvg_engine.shared import scratch


def fill(folder: Path, outside: Path) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_bytes(b"work")
    (folder / "a" / "link").symlink_to(outside)
    (folder / "a" / "file link").symlink_to(outside / "original")
    (folder / "nowhere").symlink_to("gone")
    (folder / "a" / "hard").hardlink_to(outside / "original")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "original").write_bytes(b"original")
    return tmp_path / "outside"


def test_all_in_it_goes_and_what_links_lead_to_stays(tmp_path: Path, outside: Path) -> None:
    folder = scratch.make(tmp_path / "x" / "work")
    assert folder.stat().st_mode & 0o077 == 0
    fill(folder, outside)
    assert scratch.delete(folder)
    assert not folder.exists()
    assert (outside / "original").read_bytes() == b"original"


@pytest.mark.parametrize("mark", ["", "# my notes", "a link to a mark"])
def test_without_our_mark_it_stays(tmp_path: Path, outside: Path, mark: str) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    fill(folder, outside)
    if mark.startswith("a link"):
        (folder / scratch.MARK).symlink_to(scratch.make(tmp_path / "other") / scratch.MARK)
    elif mark:
        (folder / scratch.MARK).write_text(mark)
    before = sorted(folder.rglob("*"))
    assert not scratch.delete(folder)
    assert sorted(folder.rglob("*")) == before


def test_a_link_to_one_stays_and_so_does_what_it_leads_to(tmp_path: Path) -> None:
    folder = scratch.make(tmp_path / "work")
    (tmp_path / "link").symlink_to(folder)
    assert not scratch.delete(tmp_path / "link")
    assert scratch.is_ours(folder) and (tmp_path / "link").is_symlink()


def test_nobodys_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with pytest.raises(FileExistsError):
        scratch.make(tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []
    assert not scratch.delete(tmp_path / "gone")
