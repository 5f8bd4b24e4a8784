# SPDX-License-Identifier: GPL-3.0-or-later
"""The animator's exposure sheet: which drawing each frame of a strip shows. No bpy.

A take's folder holds drawings, each of which stands at a time between the keys. A frame shows the drawing that is
nearest to its time on the chart; the keys count as drawings at 0 and 1. So a strip can be timed anew at once, from what
there is, and shows something sensible while the rest is being made.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..engine import timing

frame_times = timing.frame_times


@dataclass(frozen=True, order=True)
class Drawing:
    """A picture of the take: `time` in (0, 1), `file` its name in the take's folder."""

    time: float
    file: str


def refitted(spacing: str | list[float], count: int, hold: int) -> str | list[float]:
    """The same spacing for `count` frames: a named curve as it is, typed times interpolated for the new drawings."""
    drawings = -(-count // hold)
    if isinstance(spacing, str) or len(spacing) == drawings:
        return spacing
    known = [0.0, *spacing, 1.0]
    fitted = []
    for number in range(1, drawings + 1):
        place = number / (drawings + 1) * (len(known) - 1)
        before = int(place)
        fitted.append(known[before] + (known[before + 1] - known[before]) * (place - before))
    return fitted


def sheet(times: Sequence[float], drawings: Iterable[Drawing], keys: tuple[str, str]) -> list[str]:
    """The file that each frame shows: the drawing nearest to its time, of two as near the earlier one.

    `keys` are the files of the earlier and the later key.
    """
    start, end = keys
    known = sorted([Drawing(0.0, start), *drawings, Drawing(1.0, end)])
    places = [each.time for each in known]
    files = []
    for time in times:
        after = min(max(bisect_left(places, time - timing.SAME_TIME), 1), len(known) - 1)
        nearer = after if places[after] - time < time - places[after - 1] - timing.SAME_TIME else after - 1
        files.append(known[nearer].file)
    return files


def exact(times: Sequence[float], drawings: Iterable[Drawing]) -> int:
    """How many of the frames at `times` have a drawing of their own time; the others show a stand-in."""
    known = sorted(each.time for each in drawings)
    return sum(_has(known, time) for time in times)


def missing(times: Sequence[float], drawings: Iterable[Drawing]) -> list[float]:
    """The times among `times` at which no drawing stands, each once, rising."""
    known = sorted(each.time for each in drawings)
    found: list[float] = []
    for time in sorted(times):
        if not _has(known, time) and (not found or time - found[-1] > timing.SAME_TIME):
            found.append(time)
    return found


def _has(known: Sequence[float], time: float) -> bool:
    after = bisect_left(known, time - timing.SAME_TIME)
    return after < len(known) and known[after] - time < timing.SAME_TIME
