"""Which drawing each frame of a strip shows: the animator's exposure sheet. No bpy.

A take's folder holds drawings, numbered files that each stand at a time between the keys. A frame shows the drawing
made nearest to its time on the chart; the keys count as drawings at 0 and 1. So a strip can be timed anew at once, from
what there is, and shows something sensible while the rest is being made.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine import timing

MANIFEST = "manifest.json"
frame_times = timing.frame_times

START, END = "key_start", "key_end"  # file names of the keys, without suffix


@dataclass(frozen=True, order=True)
class Drawing:
    """A picture of the take: `time` in (0, 1), `file` its name in the take's folder."""

    time: float
    file: str


def refitted(spacing: str | list[float], count: int, hold: int) -> str | list[float]:
    """The same spacing for another number of frames: a curve as it is, typed times bent over the new drawings."""
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


def sheet(times: Sequence[float], drawings: Iterable[Drawing], suffix: str) -> list[str]:
    """The file that each frame shows: the drawing nearest to its time, of two as near the earlier one.

    `suffix` is that of the keys' files.
    """
    known = sorted([Drawing(0.0, START + suffix), *drawings, Drawing(1.0, END + suffix)])
    places = [each.time for each in known]
    files = []
    for time in times:
        after = min(max(bisect_left(places, time - timing.SAME_TIME), 1), len(known) - 1)
        nearer = after if places[after] - time < time - places[after - 1] - timing.SAME_TIME else after - 1
        files.append(known[nearer].file)
    return files


def has_keys(folder: Path, suffix: str) -> bool:
    """Whether both keys are in the folder."""
    return all((folder / (key + suffix)).is_file() for key in (START, END))


def exact(times: Sequence[float], drawings: Iterable[Drawing]) -> int:
    """Of the frames at `times`, how many have a drawing of their own time; the others show a stand-in."""
    known = sorted(each.time for each in drawings)
    return sum(_has(known, time) for time in times)


def missing(times: Sequence[float], drawings: Iterable[Drawing]) -> list[float]:
    """The times among `times`, each once, at which no drawing stands, rising."""
    known = sorted(each.time for each in drawings)
    found: list[float] = []
    for time in sorted(times):
        if not _has(known, time) and (not found or time - found[-1] > timing.SAME_TIME):
            found.append(time)
    return found


def made(folder: Path) -> list[Drawing] | None:
    """The drawings that the engine has written down and that are there; None where the folder is out of reach."""
    try:
        present = {entry.name for entry in os.scandir(folder)}
    except OSError:
        return None
    drawings = []
    frames = manifest(folder).get("frames")
    for entry in frames if isinstance(frames, list) else ():
        if isinstance(entry, dict):
            time, file = entry.get("time"), entry.get("file")
            if isinstance(time, float) and 0 < time < 1 and isinstance(file, str) and file in present:
                drawings.append(Drawing(time, file))
    return drawings


def manifest(folder: Path) -> dict[str, Any]:
    """What the engine wrote down, {} where it did not come to that."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) and isinstance(content.get("identity"), dict) else {}


def _has(known: Sequence[float], time: float) -> bool:
    after = bisect_left(known, time - timing.SAME_TIME)
    return after < len(known) and known[after] - time < timing.SAME_TIME
