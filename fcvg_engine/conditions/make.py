"""Conditions of a pair of keys, from looking for matches to the files that show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ..core.method import Options, ReportProgress, sub_progress
from ..files import atomic, images
from ..shared.protocol import ConditionSettings
from . import drawing, flow, gluestick, matches, overview, palette, paths, people, pose, skeleton
from .drawing import Picture
from .matches import Ends, Line, Matches
from .people import Person
from .segments import Array

# Frames of the published program: the first two and the last two see the same condition.
PUBLISHED_TIMES = (0.0, *(index / 22 for index in range(23)), 1.0)

MATCHES = "matches.json"
OVERVIEW = "overview.png"

_LOOKED_FOR_LINES, _LOOKED = 0.6, 0.8  # how far the whole of `write` is by then
_DECIMALS = 3  # of a pixel, in a file that people read


def uniform(frames: int) -> tuple[float, ...]:
    """`frames` (at least 2) evenly spaced times from 0 to 1."""
    return tuple(index / (frames - 1) for index in range(frames))


def find(
    start: torch.Tensor,
    end: torch.Tensor,
    settings: ConditionSettings,
    seed: int,
    options: Options,
    report: ReportProgress,
) -> Matches:
    """What is the same in both keys [3, H, W] in [0, 1]; with `settings.matches`, what that file says.

    Lines `auto` are matched by `flow`, people `auto` looked for when DWPose's networks are there. `seed` orders the
    lines' colours. Raises BadRequest (the file), MissingModel, OutOfMemory, NumericError and what `report` raises.
    """
    size = start.shape[2], start.shape[1]
    if settings.matches:
        return matches.read(Path(settings.matches)).scaled(size)
    lines_by = "flow" if settings.lines == "auto" else settings.lines
    lines = tuple(_lines(start, end, lines_by, seed, options, sub_progress(report, 0, _LOOKED_FOR_LINES)))
    pose_by = settings.pose
    if pose_by == "auto":
        pose_by = "dwpose" if pose.ready() else "none"
    persons = []
    if pose_by == "dwpose":
        persons = pose.find(start, end, options, sub_progress(report, _LOOKED_FOR_LINES, _LOOKED))
    return Matches(size, lines, tuple(Person(*both) for both in persons), lines_by, pose_by, seed)


def draw(found: Matches, times: Sequence[float], size: tuple[int, int]) -> Iterator[Picture]:
    """A picture (uint8 RGB, [H, W, 3], of `size` width and height) for each time in [0, 1]: matched lines, and people
    over them, on black."""
    scaled = found.scaled(size)
    for time in times:
        canvas = drawing.black(size)
        drawing.draw(canvas, ((paths.at(line, time), line.colour) for line in scaled.lines))
        if scaled.people:
            skeleton.draw(canvas, *(people.at(person, time) for person in scaled.people))
        yield canvas


def write(
    start: torch.Tensor,
    end: torch.Tensor,
    times: Sequence[float],
    settings: ConditionSettings,
    seed: int,
    folder: Path,
    options: Options,
    report: ReportProgress,
    on_frame: Callable[[int, str], None],
) -> Matches:
    """Finds the matches of the keys and writes `condition_0000.png` … into `folder`, one for each of `times`, and
    matches.json and overview.png; each file whole or not at all.

    `on_frame` is called with the number and name of each condition when it is on the disk. Raises what `find` does, and
    DiskError.
    """
    found = find(start, end, settings, seed, options, report)
    matches.write(folder / MATCHES, found)
    _write_picture(folder / OVERVIEW, overview.draw(start, end, found))
    for number, picture in enumerate(draw(found, times, found.size)):
        report("Drawing conditions", _LOOKED + (1 - _LOOKED) * number / len(times))
        path = folder / file_name(number)
        _write_picture(path, picture)
        on_frame(number, path.name)
    return found


def file_name(number: int) -> str:
    """The name of a condition's file; the start key's has the number 0."""
    return f"condition_{number:04d}.png"


def _write_picture(path: Path, picture: Picture) -> None:
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32)
    planes /= 255
    atomic.write_atomic(path, images.encode(planes, "png"))


def _lines(
    start: torch.Tensor, end: torch.Tensor, matched_by: str, seed: int, options: Options, report: ReportProgress
) -> Iterator[Line]:
    if matched_by == "none":
        return
    matcher = gluestick.match if matched_by == "gluestick" else flow.match
    pairs = matcher(start, end, options, report)
    for (first, last, score), colour in zip(pairs, palette.colours(len(pairs), seed), strict=True):
        here, there = _ends(first), _ends(last)
        if matched_by == "gluestick":
            # It does not tell which point is which. Flow does, and then the rule would only err: a line that moves
            # along itself travels as far with its points exchanged.
            there = paths.ordered(here, there)
        yield Line(here, there, round(min(max(score, 0.0), 1.0), _DECIMALS), colour)


def _ends(segment: Array) -> Ends:
    (x0, y0), (x1, y1) = (map(float, point) for point in segment)
    return (round(x0, _DECIMALS), round(y0, _DECIMALS)), (round(x1, _DECIMALS), round(y1, _DECIMALS))
