# SPDX-License-Identifier: GPL-3.0-or-later
"""A manifest of unknown origin is read as far as it can be understood; what engines write is read whole. No Blender."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from fuzz import odd, watching

from fcvg_blender.edit import take_files
from fcvg_blender.engine import manifest_facts, protocol
from fcvg_blender.timing.exposure_sheet import Drawing

WHOLE: dict[str, Any] = {
    "manifest": 1,
    "state": "done",
    "identity": {
        "engine": "0.1.0",
        "count": 2,
        "method": "fcvg",
        "timing": [0.25, 0.5],
        "hold": 1,
        "seed": 2**53 - 1,
        "format": "exr",
        "start_sha256": "aa",
        "end_sha256": "b" * 64,
        "matches_sha256": "",
        "sampling": asdict(protocol.SamplingSettings(steps=9, work_size="512x320")),
        "conditions": {"lines": "auto", "pose": "none"},
    },
    "frames": [{"index": 1, "hold": 2, "file": "0001.exr", "time": 0.25, "sha256": "cc", "engine": "0.2.0"}],
    "models": [{"name": "svd-xt", "title": "SVD", "licence": "L", "commercial": "no"}],
    "keys": {"start": "C:\\film\\key_start.exr", "end": "/film/key_end.exr"},
    "size": [64, 36],
    "method": "fcvg",
    "reason": "",
    "device": "cuda",
    "seed": 77,
    "breakdown": 0.5,
    "notes": ["One.", "Zwei – drei."],
    "versions": {"torch": "2.13.0"},
    "seconds": 1.5,
    "later": {"of": ["tomorrow"]},
}


def assert_typed(found: dict[str, Any]) -> None:
    """Each entry is what it should be, or is not there."""
    identity = found.get("identity", {})
    for name, kind in (("state", str), ("method", str), ("device", str), ("notes", list), ("seed", int)):
        assert isinstance(found.get(name, kind()), kind)
    assert all(isinstance(each, str) and each.isprintable() for each in found.get("notes", ()))
    assert 1 <= identity.get("count", 1) <= 1000
    assert identity.get("hold", 1) in (1, 2, 3)
    assert isinstance(identity.get("timing", "linear"), str | list)
    for model in found.get("models", ()):
        assert all(isinstance(model[name], str) for name in ("name", "title", "licence", "commercial"))
        assert len(model) == 4, "what a report is made of"
    for frame in found.get("frames", ()):
        assert 0 < frame["time"] < 1
        assert Path(frame["file"]).name == frame["file"]
        assert frame.get("hold", 1) in (1, 2, 3)
    protocol.SamplingSettings(**identity.get("sampling", {}))
    protocol.ConditionSettings(**identity.get("conditions", {}))


def test_what_engines_write_is_read_whole() -> None:
    assert manifest_facts.understood(WHOLE) == WHOLE


def test_any_entry_that_is_odd_is_left_out_and_the_others_stay() -> None:
    chance = random.Random(21)
    for _ in range(3000):
        found = manifest_facts.understood(json.loads(json.dumps(odd.changed(chance, WHOLE))))
        assert_typed(found)
    for name in WHOLE:
        found = manifest_facts.understood({**WHOLE, name: 5.5})
        assert {key: value for key, value in found.items() if key != name} == {
            key: value for key, value in WHOLE.items() if key != name
        }


def test_any_file_is_read_in_time_and_for_what_it_is(tmp_path: Path) -> None:
    chance = random.Random(22)
    (tmp_path / "0001.exr").write_bytes(b"picture")
    for _ in range(1000):
        (tmp_path / "manifest.json").write_bytes(odd.content(chance, WHOLE))
        assert_typed(take_files.read_manifest(tmp_path))
        made = take_files.made(tmp_path)
        assert made is not None
        assert {each.file for each in made} <= {"0001.exr"}


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("name", ["manifest.json", "0001.exr"])
def test_what_is_no_file_is_nothing(tmp_path: Path, name: str, number: int) -> None:
    (tmp_path / "0001.exr").write_bytes(b"picture")
    (tmp_path / "manifest.json").write_text(json.dumps(WHOLE))
    end = odd.put_something_else(random.Random(number), tmp_path / name)
    problems: list[str] = []
    with watching.bounded(problems):
        made = take_files.made(tmp_path)
    end()
    assert problems == []
    is_file = (tmp_path / name).is_file() and name == "0001.exr"
    assert made == ([Drawing(0.25, "0001.exr")] if is_file else [])
