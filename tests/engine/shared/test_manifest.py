# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a folder: what is read of it to be shown, what the engine goes on with, and that of a part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fcvg_engine.shared import manifest

WHOLE: dict[str, Any] = {
    "manifest": manifest.VERSION,
    "state": "done",
    "identity": {"engine": "9.9", "count": 4, "timing": "linear", "hold": 1, "start_sha256": "a", "end_sha256": "b"},
    "keys": {"start": "key_start.png", "end": "key_end.png"},
    "breakdown": 0.4,
    "frames": [{"index": 1, "hold": 1, "file": "0001.png", "time": 0.2, "sha256": "c"}],
}


def written(folder: Path, content: Any) -> Path:
    path = folder / manifest.NAME
    path.write_bytes(manifest.dumped(content))
    return path


def test_what_is_written_comes_back(tmp_path: Path):
    path = written(tmp_path, WHOLE)
    assert manifest.read(path) == manifest.load(path) == WHOLE


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"identity": 3}', "[" * 100_000, "\udcff"])
def test_a_damaged_file_is_none(tmp_path: Path, text: str):
    path = tmp_path / manifest.NAME
    path.write_text(text, errors="surrogateescape")
    assert manifest.read(path) == manifest.load(path) == {}


@pytest.mark.parametrize("changed", [{"manifest": 2}, {"frames": None}, {"frames": ["0001.png"]}])
def test_what_the_engine_cannot_go_on_with_can_still_be_shown(tmp_path: Path, changed: dict[str, Any]):
    content = {**WHOLE, **changed}
    path = written(tmp_path, content)
    assert manifest.read(path) == content
    assert manifest.load(path) == {}


def test_a_disk_that_refuses_is_told(tmp_path: Path):
    assert manifest.read(tmp_path / manifest.NAME) == {}
    for read in (manifest.read, manifest.load):
        with pytest.raises(OSError):
            read(tmp_path)


def test_a_part_keeps_what_holds_for_it():
    frames = [{"index": 1, "hold": 1, "file": "0001.png", "time": 0.5, "sha256": "c"}]
    part = manifest.of_part(WHOLE, {"count": 1, manifest.key_hash("end"): "d"}, frames)
    assert part["identity"] == {**WHOLE["identity"], "count": 1, "end_sha256": "d"}
    assert part["frames"] == frames
    assert list(part) == ["manifest", "state", "identity", "frames"]
    assert json.loads(manifest.dumped(part)) == part


def test_a_part_of_nothing_has_an_identity_alone():
    assert manifest.of_part({}, {"count": 1}, []) == {"identity": {"count": 1}, "frames": []}
