# SPDX-License-Identifier: GPL-3.0-or-later
"""What was matched between two keys: lines and people, in pixels of a picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from . import people
from .palette import Colour
from .people import Keypoints, Person

Point = people.Point  # x, y in pixels
Ends = tuple[Point, Point]  # both points of a line
Bend = tuple[Point, Point]  # inner control points of a cubic Bézier curve

VERSION = 1  # of the file matches.json, see `matches_file`


@dataclass(frozen=True)
class Line:
    """One line in both keys. `start[i]` moves to `end[i]`, along the curve `path[i]` or straight (None)."""

    start: Ends
    end: Ends
    score: float
    colour: Colour
    path: tuple[Bend | None, Bend | None] | None = None


@dataclass(frozen=True)
class Matches:
    """Everything that was matched; points are in pixels of a picture of `size` (width, height).

    `lines_by`, `pose_by`: how lines and people were found. `seed`: of the palette, and of the job.
    """

    size: tuple[int, int]
    lines: tuple[Line, ...]
    people: tuple[Person, ...]
    lines_by: str
    pose_by: str
    seed: int
    version: int = VERSION

    def scaled(self, size: tuple[int, int]) -> Matches:
        """Returns the matches in pixels of a picture of another `size`."""
        if size == self.size:
            return self
        across, down = size[0] / self.size[0], size[1] / self.size[1]

        def point(at: Point) -> Point:
            # Scaled from the corner of the picture: [0, 0] is the middle of a pixel, half a pixel from there.
            return (at[0] + 0.5) * across - 0.5, (at[1] + 0.5) * down - 0.5

        return dataclasses.replace(
            self,
            size=size,
            lines=tuple(_moved_line(line, point) for line in self.lines),
            people=tuple(_moved_person(person, point) for person in self.people),
        )


def _moved_line(line: Line, point: Callable[[Point], Point]) -> Line:
    path = line.path and (_moved_bend(line.path[0], point), _moved_bend(line.path[1], point))
    start, end = ((point(ends[0]), point(ends[1])) for ends in (line.start, line.end))
    return dataclasses.replace(line, start=start, end=end, path=path)


def _moved_person(person: Person, point: Callable[[Point], Point]) -> Person:
    start, end = (Keypoints(tuple(map(point, seen.points)), seen.scores) for seen in (person.start, person.end))
    return Person(start, end, {joint: (point(bend[0]), point(bend[1])) for joint, bend in person.path.items()})


def _moved_bend(bend: Bend | None, point: Callable[[Point], Point]) -> Bend | None:
    return bend and (point(bend[0]), point(bend[1]))
