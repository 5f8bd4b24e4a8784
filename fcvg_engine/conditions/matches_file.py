# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes matches.json: what was matched between two keys. It may be edited and given back.

    {"version": 1,
     "size": [1024, 576],
     "seed": 7, "lines_by": "flow", "pose_by": "dwpose",
     "lines": [{"start": [[10, 20], [110, 20]], "end": [[14, 22], [114, 30]],
                "score": 0.91, "colour": [222, 97, 137],
                "path": [[[20, 0], [24, 2]], [[120, 0], [124, 2]]]}, …],
     "people": [{"start": {"points": [[10, 20], …], "scores": [0.9, …]},
                 "end": {"points": …, "scores": …},
                 "path": {"4": [[20, 0], [24, 2]]}}, …]}

=========================  ========================================================================================
`version`                  1
`size`                     width and height of the picture that all points belong to, in pixels; the middle of the
                           first pixel is [0, 0]. With keys of another size, points are scaled.
`lines`, `start`, `end`    a line's two points in the first and in the last key: the first travels to the first, the
                           second to the second. At most `MAX_LINES` lines; later ones are drawn over earlier ones.
`score`                    how sure the match is, 0 … 1; only shown. 1 where it is left out.
`colour`                   red, green, blue, 0 … 255. Where it is left out or null, one is chosen that no line has yet.
`path`                     left out or null: straight. Else for each point the two inner control points of a cubic
                           Bézier curve from its place at the start to its place at the end; null for straight.
`people`                   in both keys, with the points and scores (0 … 1, how sure) of `people.Keypoints`.
`path` of a person         joint → control points; a joint that is left out goes straight.
`seed`                     of the palette, and of the job. 0 where it is left out.
`lines_by`, `pose_by`      how they were found; "by hand" where it is left out.
=========================  ========================================================================================

Points may lie outside the picture; coordinates may be up to `REACH` times its longer side. A line may be deleted, added
(`start` and `end` are enough), moved or bent. Anything else is refused, and the error names the field.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..shared import small_files
from ..shared.errors import BadRequest
from . import people
from .json_fields import Fields, Unusable, fraction, integer, json_object, number, optional, rows, short_text
from .matches import VERSION, Bend, Line, Matches, Point
from .palette import Colour, colours
from .people import Keypoints, Person

MAX_LINES = 2000
MAX_PEOPLE = 50
MAX_SIDE = 8192  # pixels
REACH = 4
LARGEST_BYTES = 8 << 20  # the longest possible has a quarter of that
LARGEST_SEED = 2**63 - 1
BY_HAND = "by hand"

_SUREST = 10.0  # largest score of a keypoint; detectors give some beyond 0 and 1
_PATH_HINT = "Choose the matches.json that a run of the conditions has written."
_HINT = "Correct it there, or leave the file out to find the matches anew."


def read(path: Path) -> Matches:
    """Reads the matches in a file. Raises BadRequest, which names the file and the field that cannot be used."""
    try:
        content = small_files.parse_json(_read(path).decode("utf-8"), in_place=math.nan)
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path} is not UTF-8 text.", _HINT) from error
    except ValueError as error:
        raise BadRequest(f"{path} is no JSON: {error!s:.200}", _HINT) from error
    try:
        return _matches(content)
    except Unusable as error:
        raise BadRequest(f"{path.name}: {error}", _HINT) from None


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file of matches, in hexadecimal. Raises BadRequest when it cannot be read."""
    return hashlib.sha256(_read(path)).hexdigest()


def text(matches: Matches) -> bytes:
    """Returns the content of the file, with one line of text for each line and person."""
    head = {name: getattr(matches, name) for name in ("version", "size", "seed", "lines_by", "pose_by")}
    entries = [f"{_text(name)}: {_text(value)}" for name, value in head.items()]
    for name, items in (("lines", matches.lines), ("people", matches.people)):
        body = ",\n".join("  " + _text(dataclasses.asdict(item)) for item in items)
        entries.append(f"{_text(name)}: [" + (f"\n{body}\n" if body else "") + "]")
    return ("{" + ",\n ".join(entries) + "}\n").encode()


def _read(path: Path) -> bytes:
    try:
        return small_files.read(path, LARGEST_BYTES)
    except OSError as error:
        raise BadRequest(f"The matches in {path} cannot be read: {error.strerror or error}.", _PATH_HINT) from error


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _matches(content: Any) -> Matches:
    fields = Fields(content, "the file", "")
    version = fields.read("version", lambda value, where: value)
    if type(version) is not int or version != VERSION:
        raise Unusable(f"version is {version!r:.50}; this engine reads version {VERSION}.")
    size = fields.read("size", _size)
    place = _Place(size)
    seed = fields.read("seed", integer(0, LARGEST_SEED), 0)
    lines: list[tuple[Line, bool]] = fields.read("lines", rows(partial(_line, place), MAX_LINES), [])
    persons: list[Person] = fields.read("people", rows(partial(_person, place), MAX_PEOPLE), [])
    lines_by, pose_by = fields.read("lines_by", short_text, BY_HAND), fields.read("pose_by", short_text, BY_HAND)
    fields.finish()
    return Matches(size, tuple(_coloured(lines, seed)), tuple(persons), lines_by, pose_by, seed)


def _coloured(lines: list[tuple[Line, bool]], seed: int) -> Iterator[Line]:
    """The lines; those without a colour get one that no other has."""
    used = {line.colour for line, has_colour in lines if has_colour}
    every = colours(len(lines), seed)
    # With very many lines some colours of the palette are equal, so there may be too few that are free.
    free = itertools.chain((colour for colour in every if colour not in used), itertools.cycle(every))
    for line, has_colour in lines:
        yield line if has_colour else dataclasses.replace(line, colour=next(free))


def _line(place: _Place, value: Any, where: str) -> tuple[Line, bool]:
    """Reads a line; also returns whether it has a colour."""
    fields = Fields(value, where)
    start, end = fields.read("start", place.pair), fields.read("end", place.pair)
    score = fields.read("score", fraction, 1.0)
    colour = fields.read("colour", optional(_colour), None)
    path = fields.read("path", optional(place.path), None)
    fields.finish()
    return Line(start, end, score, colour or (0, 0, 0), path), colour is not None


def _person(place: _Place, value: Any, where: str) -> Person:
    fields = Fields(value, where)

    def keypoints(value: Any, where: str) -> Keypoints:
        of_key = Fields(value, where)
        points = of_key.read("points", rows(place.point, people.COUNT, people.COUNT))
        scores = of_key.read("scores", rows(number(-_SUREST, _SUREST), people.COUNT, people.COUNT))
        of_key.finish()
        return Keypoints(tuple(points), tuple(scores))

    def path(value: Any, where: str) -> dict[int, Bend]:
        bends = {}
        for name, bend in json_object(value, where).items():
            if not name.isascii() or not name.isdigit() or len(name) > 3 or int(name) >= people.COUNT:
                raise Unusable(
                    f"{where} has {name!r:.50} where the number of a joint, 0 to {people.COUNT - 1}, belongs."
                )
            bends[int(name)] = place.pair(bend, f"{where}.{name}")
        return bends

    start, end = fields.read("start", keypoints), fields.read("end", keypoints)
    person = Person(start, end, fields.read("path", path, {}))
    fields.finish()
    return person


@dataclass(frozen=True)
class _Place:
    """Readers of points, which may lie outside a picture of `size`, but not too far."""

    size: tuple[int, int]

    def point(self, value: Any, where: str) -> Point:
        if not isinstance(value, list) or len(value) != 2:
            raise Unusable(f"{where} is no point [x, y].")
        coordinate = number(-REACH * max(self.size), REACH * max(self.size))
        return coordinate(value[0], f"{where}[0]"), coordinate(value[1], f"{where}[1]")

    def pair(self, value: Any, where: str) -> tuple[Point, Point]:
        first, second = rows(self.point, 2, 2)(value, where)
        return first, second

    def path(self, value: Any, where: str) -> tuple[Bend | None, Bend | None]:
        first, second = rows(optional(self.pair), 2, 2)(value, where)
        return first, second


def _size(value: Any, where: str) -> tuple[int, int]:
    width, height = rows(integer(1, MAX_SIDE), 2, 2)(value, where)
    return width, height


def _colour(value: Any, where: str) -> Colour:
    red, green, blue = rows(integer(0, 255), 3, 3)(value, where)
    return red, green, blue
