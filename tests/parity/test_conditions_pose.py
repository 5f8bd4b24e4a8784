# SPDX-License-Identifier: GPL-3.0-or-later
"""Skeletons against the published drawing."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from fcvg_engine.conditions import skeleton
from fcvg_engine.conditions.people import Keypoints

MOST_DIFFERENT = 0.5  # of 255


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every keypoints.json below conditions/ is a case, with skeleton.png beside it; none at all is an error."""
    root: Path = metafunc.config.getoption("--goldens")
    cases = sorted((root / "conditions").rglob("keypoints.json"))
    if not cases:
        raise pytest.UsageError(f"No keypoints.json in {root / 'conditions'}.")
    metafunc.parametrize("case", [path.parent for path in cases], ids=lambda case: case.name)


def test_conditions_skeleton(case: Path) -> None:
    given = json.loads((case / "keypoints.json").read_text())
    expected = cv2.imread(str(case / "skeleton.png"), cv2.IMREAD_COLOR_RGB)
    width, height = given["width"], given["height"]
    feet = [(0.0, 0.0)] * 6  # never drawn
    shares = [*given["body"], *feet, *given["face"], *given["hands"][0], *given["hands"][1]]
    points = tuple((x * width, y * height) for x, y in shares)
    scores = (
        *given["body_score"],
        *[0.0] * 6,
        *given["face_score"],
        *given["hands_score"][0],
        *given["hands_score"][1],
    )

    drawn = np.zeros((height, width, 3), np.uint8)
    skeleton.draw(drawn, Keypoints(points, scores))

    # Only where either has something, for most of the picture is black: the mean over all of it would forgive anything.
    inked = (drawn > 0) | (expected > 0)
    assert inked.mean() > 0.005
    assert np.abs(drawn.astype(int) - expected)[inked].mean() <= MOST_DIFFERENT
