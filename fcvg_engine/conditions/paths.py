"""Where matched lines are between the keys."""

from __future__ import annotations

import math

from .matches import Bend, Ends, Line, Point


def ordered(start: Ends, end: Ends) -> Ends:
    """The points of `end` in the order in which both together travel less from those of `start`.

    FCVG's rule: a segment has no direction of its own. Where both orders are equal, they are exchanged.
    """
    straight = math.dist(start[0], end[0]) + math.dist(start[1], end[1])
    crossed = math.dist(start[0], end[1]) + math.dist(start[1], end[0])
    return end if straight < crossed else (end[1], end[0])


def at(line: Line, time: float) -> Ends:
    """Both points of `line` at `time` in [0, 1], in pixels."""
    first, second = line.path or (None, None)
    return (
        between(line.start[0], line.end[0], first, time),
        between(line.start[1], line.end[1], second, time),
    )


def between(start: Point, end: Point, bend: Bend | None, time: float) -> Point:
    """From `start` to `end`: straight and evenly, or along the cubic Bézier curve with the inner control points
    `bend`, evenly in the curve's parameter."""
    if bend is None:
        return start[0] + (end[0] - start[0]) * time, start[1] + (end[1] - start[1]) * time
    rest = 1 - time
    weights = (rest**3, 3 * rest**2 * time, 3 * rest * time**2, time**3)
    points = (start, *bend, end)
    return (
        sum(weight * point[0] for weight, point in zip(weights, points, strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, points, strict=True)),
    )
