# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the conditions of a pair of keys: finds matches, draws them, writes the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ..core.method_contract import Options, ReportProgress, sub_progress
from ..files import atomic, images
from ..shared.folder_record import FolderRecord
from ..shared.protocol import ConditionSettings
from . import (
    drawing,
    match_by_flow,
    match_by_gluestick,
    matches_file,
    motion_paths,
    overview,
    palette,
    people,
    pose,
    skeleton,
)
from .drawing import Picture
from .matches import Ends, Line, Matches
from .people import Person
from .segments import Array

# Times of the published program's conditions: the first two frames share one, and so do the last two.
PUBLISHED_TIMES = (0.0, *(index / 22 for index in range(23)), 1.0)

MATCHES = "matches.json"
OVERVIEW = "overview.png"

_LINES_FOUND, _FOUND = 0.6, 0.8  # how far `write` has come then
_DECIMALS = 3  # of a pixel, in a file that people read


def uniform(frames: int) -> tuple[float, ...]:
    """Returns `frames` (at least 2) evenly spaced times from 0 to 1."""
    return tuple(index / (frames - 1) for index in range(frames))


def find(
    start: torch.Tensor,
    end: torch.Tensor,
    settings: ConditionSettings,
    seed: int,
    options: Options,
    report: ReportProgress,
) -> Matches:
    """Finds what is the same in both keys [3, H, W] in [0, 1], or reads it from the file `settings.matches`.

    Lines `auto` are matched by `match_by_flow`. People `auto` are searched for when DWPose's networks are there. `seed`
    orders the lines' colours. Raises BadRequest (for the file), MissingModel, OutOfMemory, NumericError and what
    `report` raises.
    """
    size = start.shape[2], start.shape[1]
    if settings.matches:
        return matches_file.read(Path(settings.matches)).scaled(size)
    lines_by = "flow" if settings.lines == "auto" else settings.lines
    lines = tuple(_lines(start, end, lines_by, seed, options, sub_progress(report, 0, _LINES_FOUND)))
    pose_by = settings.pose
    if pose_by == "auto":
        pose_by = "dwpose" if pose.ready() else "none"
    persons = []
    if pose_by == "dwpose":
        persons = pose.find(start, end, options, sub_progress(report, _LINES_FOUND, _FOUND))
    return Matches(size, lines, tuple(Person(*both) for both in persons), lines_by, pose_by, seed)


def draw(found: Matches, times: Sequence[float], size: tuple[int, int]) -> Iterator[Picture]:
    """Yields a condition for each time in [0, 1]: matched lines, and people over them, on black.

    Conditions are uint8 RGB, [H, W, 3]; `size` is their width and height.
    """
    scaled = found.scaled(size)
    for time in times:
        canvas = drawing.black(size)
        drawing.draw(canvas, ((motion_paths.at(line, time), line.colour) for line in scaled.lines))
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
    """Finds the matches of the keys as `find` does, and writes matches.json, overview.png and conditions into `folder`.

    There is a condition for each of `times`: `condition_0000.png` … Each file is written whole or not at all.
    `on_frame` is called with the number and file name of each condition when it is on the disk. Raises what `find`
    raises, DiskError, and BadRequest where a file of somebody else's has one of these names.
    """
    record = FolderRecord(folder)
    found = find(start, end, settings, seed, options, report)
    with atomic.disk_errors(folder):
        if not is_given(folder, settings):
            record.write(MATCHES, matches_file.text(found))
        record.write(OVERVIEW, _encoded(overview.draw(start, end, found)))
    for number, picture in enumerate(draw(found, times, found.size)):
        report("Drawing conditions", _FOUND + (1 - _FOUND) * number / len(times))
        with atomic.disk_errors(folder):
            record.write(file_name(number), _encoded(picture))
        on_frame(number, file_name(number))
    return found


def is_given(folder: Path, settings: ConditionSettings) -> bool:
    """Returns whether the artist's edited matches are the matches.json in `folder`, which then stays as it is."""
    try:
        return bool(settings.matches) and (folder / MATCHES).samefile(settings.matches)
    except OSError:
        return False


def file_name(number: int) -> str:
    """Returns the file name of a condition; number 0 is the start key's."""
    return f"condition_{number:04d}.png"


def _encoded(picture: Picture) -> bytes:
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32)
    planes /= 255
    return images.encode(planes, "png")


def _lines(
    start: torch.Tensor, end: torch.Tensor, matched_by: str, seed: int, options: Options, report: ReportProgress
) -> Iterator[Line]:
    if matched_by == "none":
        return
    matcher = match_by_gluestick.match if matched_by == "gluestick" else match_by_flow.match
    pairs = matcher(start, end, options, report)
    for (first, last, score), colour in zip(pairs, palette.colours(len(pairs), seed), strict=True):
        here, there = _ends(first), _ends(last)
        if matched_by == "gluestick":
            # GlueStick does not say which end becomes which. Flow does, and there this rule would do harm: for a line
            # that moves along itself it cannot tell which way round is right.
            there = motion_paths.ordered(here, there)
        yield Line(here, there, round(min(max(score, 0.0), 1.0), _DECIMALS), colour)


def _ends(segment: Array) -> Ends:
    (x0, y0), (x1, y1) = (map(float, point) for point in segment)
    return (round(x0, _DECIMALS), round(y0, _DECIMALS)), (round(x1, _DECIMALS), round(y1, _DECIMALS))
