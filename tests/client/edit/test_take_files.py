# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a take: names of the keys, and which drawings the manifest lists that are there. Without Blender."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fcvg_blender.edit import take_files
from fcvg_blender.timing import exposure_sheet
from fcvg_blender.timing.exposure_sheet import Drawing


def test_the_keys_of_scene_linear_frames_are_exr() -> None:
    assert exposure_sheet.sheet([0.1, 0.9], [], take_files.key_files("exr")) == ["key_start.exr", "key_end.exr"]
    assert take_files.key_files("jpg") == ("key_start.png", "key_end.png")


def written(folder: Path, frames: Any, **others: Any) -> Path:
    """A folder with two drawings on disk, and a manifest."""
    for name in ("0001.png", "0002.png"):
        (folder / name).write_bytes(b"picture")
    (folder / "manifest.json").write_text(json.dumps({"identity": {}, "frames": frames, **others}))
    return folder


def test_only_what_is_written_down_and_there_counts(tmp_path: Path) -> None:
    frames = [{"time": 0.2, "file": "0001.png"}, {"time": 0.4, "file": "0009.png"}]
    assert take_files.made(written(tmp_path, frames)) == [Drawing(0.2, "0001.png")]


def test_a_folder_out_of_reach_is_not_an_empty_one(tmp_path: Path) -> None:
    assert take_files.made(tmp_path / "unplugged") is None
    assert take_files.made(tmp_path) == []


@pytest.mark.parametrize(
    "frames",
    [
        None,
        {"time": 0.5, "file": "0001.png"},
        ["0001.png", 3, None],
        [{"time": "0.5", "file": "0001.png"}],
        [{"time": 1.0, "file": "0001.png"}],
        [{"time": float("nan"), "file": "0001.png"}],
        [{"time": 0.5, "file": ["0001.png"]}],
        [{"time": 0.5, "file": "../0001.png"}],
    ],
)
def test_what_no_engine_writes_is_no_drawing(tmp_path: Path, frames: Any) -> None:
    assert take_files.made(written(tmp_path, frames)) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"identity": 3}', "[" * 100_000, "\udcff"])
def test_a_broken_manifest_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, errors="surrogateescape")
    assert take_files.read_manifest(tmp_path) == {}
    assert take_files.made(tmp_path) == []
