# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a folder: what is read of it to be shown, what the engine goes on with, and that of a part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fcvg_engine.shared import manifest
from fcvg_engine.shared.errors import BadRequest

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
    path = written(tmp_path, {**WHOLE, **changed})
    found = manifest.read(path)
    assert found["identity"] == WHOLE["identity"]
    assert found.get("frames", []) in (WHOLE["frames"], [])
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


# What no fact is, or has in it, of any type.
ODD: list[Any] = [None, True, 5, -1, 2**63, 0.5, 1e308, "", "abc", [], [5], [[]], ["a", 5], {}, {"a": 5}, {"a": []}]


FACTS = ("state", "method", "reason", "device", "seed", "size", "breakdown", "seconds", "notes", "models", "keys")


@pytest.mark.parametrize("name", [*FACTS, "versions"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_fact_of_another_type_is_left_out(tmp_path: Path, name: str, odd: Any):
    found = manifest.load(written(tmp_path, {**WHOLE, name: odd}))
    assert found["frames"] == WHOLE["frames"], "it costs no drawing"
    for known, kind in (
        ("method", str),
        ("device", str),
        ("reason", str),
        ("state", str),
        ("seed", int),
        ("notes", list),
    ):
        assert isinstance(found.get(known, kind()), kind)
    assert 0 <= found.get("seed", 0) < 2**63
    assert 0 < found.get("breakdown", 0.5) < 1
    assert all(isinstance(each, str) for each in found.get("notes", ()))
    assert all(isinstance(text, str) for each in found.get("models", ()) for text in each.values())
    assert all(set(each) == {"name", "title", "licence", "commercial"} for each in found.get("models", ()))
    json.dumps(found)


def test_facts_of_other_versions_stay(tmp_path: Path):
    more = {"colour": {"of": [1, 2]}, "yours": [3]}
    assert manifest.load(written(tmp_path, {**WHOLE, **more})).items() >= more.items()


@pytest.mark.parametrize(
    "changed",
    [{"index": 2**31}, {"index": 0}, {"index": -1}, {"index": 1.0}, {"index": 10**30}, {"index": "1"}, {"hold": 2.0},
     {"hold": 10**9}, {"hold": 0}, {"hold": [1]}, {"time": 1}, {"time": 1e308}, {"time": "0.2"}, {"file": "../1.png"},
     {"file": "0002.png"}, {"file": ["0001.png"]}, {"file": "٠٠٠١.png"},
     {"index": 9999, "file": "9999.png", "hold": 2}],
    ids=repr,
)  # fmt: skip
def test_drawings_that_the_engine_cannot_have_written_are_passed_over(tmp_path: Path, changed: dict[str, Any]):
    frame = {**WHOLE["frames"][0], **changed}
    try:
        found = manifest.load(written(tmp_path, {**WHOLE, "frames": [frame]}))
    except ValueError:
        found = {}
    assert list(manifest.drawings(found)) == []


@pytest.mark.parametrize(
    "changed",
    [{"count": 2**31}, {"count": 3.0}, {"count": True}, {"count": "3"}, {"hold": 2.0}, {"hold": 0}, {"timing": 5},
     {"timing": "abc"}, {"timing": ["a"] * 4}, {"timing": [0.5] * 10**5}, {"timing": {"a": 1}}, {"count": None}],
    ids=lambda changed: repr(changed)[:40],
)  # fmt: skip
def test_a_chart_that_cannot_be_is_refused(tmp_path: Path, changed: dict[str, Any]):
    with pytest.raises(BadRequest):
        manifest.chart({"identity": {**WHOLE["identity"], **changed}}, tmp_path)
