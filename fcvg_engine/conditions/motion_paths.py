# SPDX-License-Identifier: GPL-3.0-or-later
"""Where matched lines are between the keys."""

from __future__ import annotations

import math

from .matches import Ends, Line
from .people import between


def ordered(start: Ends, end: Ends) -> Ends:
    """Orders the points of `end` so that both together move less from those of `start`.

    FCVG's rule for segments, which have no direction of their own. Where both orders are equal, points are exchanged.
    """
    straight = math.dist(start[0], end[0]) + math.dist(start[1], end[1])
    crossed = math.dist(start[0], end[1]) + math.dist(start[1], end[0])
    return end if straight < crossed else (end[1], end[0])


def at(line: Line, time: float) -> Ends:
    """Returns both points of `line` at `time` in [0, 1], in pixels."""
    first, second = line.path or (None, None)
    return (
        between(line.start[0], line.end[0], first, time),
        between(line.start[1], line.end[1], second, time),
    )
