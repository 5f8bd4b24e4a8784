# SPDX-License-Identifier: GPL-3.0-or-later
"""Matched lines between the keys against those of the published program."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fcvg_engine.conditions import motion_paths
from fcvg_engine.conditions.matches import Line


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "segments_case" in metafunc.fixturenames:
        root: Path = metafunc.config.getoption("--goldens")
        cases = sorted((root / "conditions").rglob("segments.json"))
        if not cases:
            raise pytest.UsageError(f"No segments.json in {root / 'conditions'}.")
        metafunc.parametrize("segments_case", cases, ids=lambda case: case.parent.name)


def test_conditions_segments(segments_case: Path) -> None:
    case = json.loads(segments_case.read_text())
    assert case["at"], segments_case
    lines = []
    for start, end in zip(case["start"], case["end"], strict=True):
        first, last = ((tuple(ends[0]), tuple(ends[1])) for ends in (start, end))
        lines.append(Line(first, motion_paths.ordered(first, last), 1.0, (0, 0, 0)))
    for time, expected in case["at"].items():
        found = [motion_paths.at(line, float(time)) for line in lines]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6, err_msg=time)
