# SPDX-License-Identifier: GPL-3.0-or-later
"""People in both keys: their keypoints, which of them are the same, and where they are at a time between the keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]  # x, y in pixels

COUNT = 134
BODY = slice(0, 18)  # OpenPose's order: nose, neck, right arm, left arm, right leg, left leg, eyes, ears
FEET = slice(18, 24)  # left: big toe, small toe, heel; then right
FACE = slice(24, 92)  # 68 landmarks: jaw, brows, nose, eyes, mouth
LEFT_HAND = slice(92, 113)  # wrist, then four points for each finger from the thumb on
RIGHT_HAND = slice(113, 134)


@dataclass(frozen=True)
class Keypoints:
    """One person in one picture, in DWPose's whole-body order (the slices above).

    `points`: `COUNT` points in pixels of the working size, maybe outside the picture. `scores`: how sure each one is,
    about [0, 1]; body joints below `skeleton.VISIBLE` are not drawn.
    """

    points: tuple[Point, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Person:
    """One person in both keys.

    `path` bends the way of single joints: index in `Keypoints` → the two inner control points, in pixels, of a cubic
    Bézier curve from the joint's place at the start to its place at the end. Other joints go straight.
    """

    start: Keypoints
    end: Keypoints
    path: dict[int, tuple[Point, Point]] = field(default_factory=dict)


def pair(
    start: Sequence[Keypoints], end: Sequence[Keypoints], size: tuple[int, int]
) -> list[tuple[Keypoints, Keypoints]]:
    """Pairs the people of the start key with those of the end key, by the rule of the FCVG authors' program.

    One after the other, each person gets the nearest one who is left. Distance is measured between mean body joints, in
    shares of the picture's width and height (`size`, in pixels). People without partner are left out. Unlike in the
    published program, which considers only the first ones, every person at the end can be chosen.
    """
    left = list(end)
    pairs = []
    for person in start[: len(left)]:
        place = _middle(person, size)
        partner = min(left, key=lambda other: math.dist(place, _middle(other, size)))
        left.remove(partner)
        pairs.append((person, partner))
    return pairs


def at(person: Person, time: float) -> Keypoints:
    """Returns the person at `time` in [0, 1]: points along their paths, scores between both keys'."""
    ways = zip(person.start.points, person.end.points, strict=True)
    points = tuple(between(start, end, person.path.get(joint), time) for joint, (start, end) in enumerate(ways))
    scores = zip(person.start.scores, person.end.scores, strict=True)
    return Keypoints(points, tuple((1 - time) * start + time * end for start, end in scores))


def between(start: Point, end: Point, bend: tuple[Point, Point] | None, time: float) -> Point:
    """Returns the point at `time`, on a straight line or on the cubic Bézier curve with inner control points `bend`."""
    rest = 1 - time
    if bend is None:
        return rest * start[0] + time * end[0], rest * start[1] + time * end[1]
    weights = (rest**3, 3 * rest**2 * time, 3 * rest * time**2, time**3)
    x, y = (sum(w * point[axis] for w, point in zip(weights, (start, *bend, end), strict=True)) for axis in (0, 1))
    return x, y


def _middle(keypoints: Keypoints, size: tuple[int, int]) -> Point:
    """The mean body joint, in shares of the picture's width and height."""
    body = keypoints.points[BODY]
    x, y = (sum(point[axis] for point in body) / len(body) / size[axis] for axis in (0, 1))
    return x, y
