"""What was matched between two keys, and the file matches.json that keeps it, which may be edited and given back.

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
`size`                     width and height of the picture whose pixels all points count in; the middle of the first
                           pixel is [0, 0]. With keys of another size, points are scaled.
`lines`, `start`, `end`    a line's two points in the first and in the last key: the first travels to the first, the
                           second to the second. At most `MAX_LINES` lines; later ones are drawn over earlier ones.
`score`                    how sure the match is, 0 … 1; only shown. 1 where it is left out.
`colour`                   red, green, blue, 0 … 255. Where it is left out or null, one that no line has yet is chosen.
`path`                     left out or null: straight. Else for each point the two inner control points of the cubic
                           Bézier curve from its place at the start to that at the end; null for a straight one.
`people`                   in both keys, each with the points and scores (0 … 1, how sure) of `people.Keypoints`.
`path` of a person         joint → control points; a joint that is left out goes straight.
`seed`                     of the palette, and of the job. 0 where it is left out.
`lines_by`, `pose_by`      how they were found; "by hand" where it is left out.
=========================  ========================================================================================

Points may lie outside the picture; their coordinates may be `REACH` times its longer side. A line may be deleted, added
(`start` and `end` are enough), moved or bent. Whatever is not as above is refused, and the field is named.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..files import atomic
from ..shared.errors import BadRequest
from . import people
from .palette import Colour, colours
from .people import Keypoints, Person

Point = people.Point  # x, y in pixels
Ends = tuple[Point, Point]  # both points of a line
Bend = tuple[Point, Point]  # inner control points of a cubic Bézier curve

VERSION = 1
MAX_LINES = 2000
MAX_PEOPLE = 50
MAX_SIDE = 8192  # pixels
REACH = 4
LARGEST_BYTES = 32 << 20
LARGEST_SEED = 2**63 - 1
BY_HAND = "by hand"

_SUREST = 10.0  # detectors' scores of keypoints pass 0 and 1 a little
_HINT = "Correct it there, or leave the file out to find the matches anew."
_T = TypeVar("_T")


@dataclass(frozen=True)
class Line:
    """One line in both keys. `start[i]` travels to `end[i]`; `path` bends the way of each point (None: straight)."""

    start: Ends
    end: Ends
    score: float
    colour: Colour
    path: tuple[Bend | None, Bend | None] | None = None


@dataclass(frozen=True)
class Matches:
    """All that is known to be the same in both keys; points in pixels of `size` (width, height)."""

    size: tuple[int, int]
    lines: tuple[Line, ...]
    people: tuple[Person, ...]
    lines_by: str
    pose_by: str
    seed: int
    version: int = VERSION

    def scaled(self, size: tuple[int, int]) -> Matches:
        """The same on a picture of another `size`."""
        if size == self.size:
            return self
        across, down = size[0] / self.size[0], size[1] / self.size[1]

        def point(at: Point) -> Point:
            # From the middle of a pixel to its corner and back: half a pixel stays half a pixel.
            return (at[0] + 0.5) * across - 0.5, (at[1] + 0.5) * down - 0.5

        return dataclasses.replace(
            self,
            size=size,
            lines=tuple(_moved_line(line, point) for line in self.lines),
            people=tuple(_moved_person(person, point) for person in self.people),
        )


def read(path: Path) -> Matches:
    """The matches in a file. Raises BadRequest naming the file and the field that cannot be used."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadRequest(f"{path} is larger than {LARGEST_BYTES >> 20} MiB: that is no file of matches.", _HINT)
        content = json.loads(path.read_bytes().decode("utf-8"), parse_constant=lambda name: math.nan)
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror or error}.", "Check its path.") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path} is not UTF-8 text.", _HINT) from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path} is no JSON: {error!s:.200}", _HINT) from error
    try:
        return _matches(content)
    except _Unusable as error:
        raise BadRequest(f"{path.name}: {error}", _HINT) from None


def write(path: Path, matches: Matches) -> None:
    """Writes the file, whole or not at all, a line of text for each line and person. Raises DiskError."""
    head = {name: getattr(matches, name) for name in ("version", "size", "seed", "lines_by", "pose_by")}
    entries = [f"{_text(name)}: {_text(value)}" for name, value in head.items()]
    for name, items in (("lines", matches.lines), ("people", matches.people)):
        rows = ",\n".join("  " + _text(dataclasses.asdict(item)) for item in items)
        entries.append(f"{_text(name)}: [" + (f"\n{rows}\n" if rows else "") + "]")
    atomic.write_atomic(path, ("{" + ",\n ".join(entries) + "}\n").encode())


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _moved_line(line: Line, point: Callable[[Point], Point]) -> Line:
    path = line.path and (_moved_bend(line.path[0], point), _moved_bend(line.path[1], point))
    start, end = ((point(ends[0]), point(ends[1])) for ends in (line.start, line.end))
    return dataclasses.replace(line, start=start, end=end, path=path)


def _moved_person(person: Person, point: Callable[[Point], Point]) -> Person:
    start, end = (Keypoints(tuple(map(point, seen.points)), seen.scores) for seen in (person.start, person.end))
    return Person(start, end, {joint: (point(bend[0]), point(bend[1])) for joint, bend in person.path.items()})


def _moved_bend(bend: Bend | None, point: Callable[[Point], Point]) -> Bend | None:
    return bend and (point(bend[0]), point(bend[1]))


class _Unusable(Exception):
    """A sentence about one field."""


def _matches(content: Any) -> Matches:
    fields = _Fields(content, "the file", "")
    version = fields.take("version", lambda value, where: value)
    if type(version) is not int or version != VERSION:
        raise _Unusable(f"version is {version!r:.50}; this engine reads version {VERSION}.")
    size = fields.take("size", _size)
    place = _Place(size)
    seed = fields.take("seed", _integer(0, LARGEST_SEED), 0)
    lines: list[tuple[Line, bool]] = fields.take("lines", _rows(partial(_line, place), MAX_LINES), [])
    persons: list[Person] = fields.take("people", _rows(partial(_person, place), MAX_PEOPLE), [])
    lines_by, pose_by = fields.take("lines_by", _word, BY_HAND), fields.take("pose_by", _word, BY_HAND)
    fields.finish()
    return Matches(size, tuple(_coloured(lines, seed)), tuple(persons), lines_by, pose_by, seed)


def _coloured(lines: list[tuple[Line, bool]], seed: int) -> Iterator[Line]:
    """The lines, those without a colour in one that no other has."""
    taken = {line.colour for line, has_colour in lines if has_colour}
    every = colours(len(lines), seed)
    # Of very many lines some have equal colours, so those that are free may not be enough.
    free = itertools.chain((colour for colour in every if colour not in taken), itertools.cycle(every))
    for line, has_colour in lines:
        yield line if has_colour else dataclasses.replace(line, colour=next(free))


def _line(place: _Place, value: Any, where: str) -> tuple[Line, bool]:
    """The line, and whether it has a colour."""
    fields = _Fields(value, where)
    start, end = fields.take("start", place.pair), fields.take("end", place.pair)
    score = fields.take("score", _share, 1.0)
    colour = fields.take("colour", _optional(_colour), None)
    path = fields.take("path", _optional(place.path), None)
    fields.finish()
    return Line(start, end, score, colour or (0, 0, 0), path), colour is not None


def _person(place: _Place, value: Any, where: str) -> Person:
    fields = _Fields(value, where)

    def keypoints(value: Any, where: str) -> Keypoints:
        parts = _Fields(value, where)
        points = parts.take("points", _rows(place.point, people.COUNT, people.COUNT))
        scores = parts.take("scores", _rows(_number(-_SUREST, _SUREST), people.COUNT, people.COUNT))
        parts.finish()
        return Keypoints(tuple(points), tuple(scores))

    def path(value: Any, where: str) -> dict[int, Bend]:
        bends = {}
        for name, bend in _object(value, where).items():
            if not name.isascii() or not name.isdigit() or int(name[:9]) >= people.COUNT:
                raise _Unusable(
                    f"{where} has {name!r:.50} where the number of a joint, 0 to {people.COUNT - 1}, belongs."
                )
            bends[int(name)] = place.pair(bend, f"{where}.{name}")
        return bends

    start, end = fields.take("start", keypoints), fields.take("end", keypoints)
    person = Person(start, end, fields.take("path", path, {}))
    fields.finish()
    return person


_Read = Callable[[Any, str], _T]  # a checked value from JSON and the name of its field


class _Fields:
    """The fields of one object, taken one by one."""

    def __init__(self, value: Any, where: str, prefix: str | None = None) -> None:
        self._left = dict(_object(value, where))
        self._where, self._prefix = where, f"{where}." if prefix is None else prefix

    def take(self, name: str, read: _Read[_T], *default: _T) -> _T:
        """The field, read, or `default`, if there is one, where the field is left out."""
        if name in self._left:
            return read(self._left.pop(name), self._prefix + name)
        if default:
            return default[0]
        raise _Unusable(f"{self._where} lacks {name!r}.")

    def finish(self) -> None:
        """Raises _Unusable when fields are left over: a misspelt one would be lost without a word."""
        if self._left:
            raise _Unusable(f"{self._where} has a field {next(iter(self._left))!r:.50} that has no meaning.")


@dataclass(frozen=True)
class _Place:
    """Reads points that may lie outside a picture of `size`, but not anywhere."""

    size: tuple[int, int]

    def point(self, value: Any, where: str) -> Point:
        if not isinstance(value, list) or len(value) != 2:
            raise _Unusable(f"{where} is no point [x, y].")
        coordinate = _number(-REACH * max(self.size), REACH * max(self.size))
        return coordinate(value[0], f"{where}[0]"), coordinate(value[1], f"{where}[1]")

    def pair(self, value: Any, where: str) -> tuple[Point, Point]:
        first, second = _rows(self.point, 2, 2)(value, where)
        return first, second

    def path(self, value: Any, where: str) -> tuple[Bend | None, Bend | None]:
        first, second = _rows(_optional(self.pair), 2, 2)(value, where)
        return first, second


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Unusable(f"{where} is no object.")
    return value


def _rows(read: _Read[_T], most: int, least: int = 0) -> _Read[list[_T]]:
    def rows(value: Any, where: str) -> list[_T]:
        if not isinstance(value, list):
            raise _Unusable(f"{where} is no list.")
        if not least <= len(value) <= most:
            raise _Unusable(
                f"{where} has {len(value)} entries; {f'{least}' if least == most else f'at most {most}'} belong there."
            )
        return [read(each, f"{where}[{index}]") for index, each in enumerate(value)]

    return rows


def _optional(read: _Read[_T]) -> _Read[_T | None]:
    return lambda value, where: None if value is None else read(value, where)


def _number(low: float, high: float) -> _Read[float]:
    def number(value: Any, where: str) -> float:
        if type(value) not in (int, float):
            raise _Unusable(f"{where} is no number.")
        if not low <= value <= high:  # NaN is not either
            raise _Unusable(f"{where} is {value!r:.50}; {low:g} to {high:g} can be used.")
        return float(value)

    return number


def _integer(low: int, high: int) -> _Read[int]:
    def integer(value: Any, where: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _Unusable(f"{where} is {value!r:.50}; a whole number from {low} to {high} belongs there.")
        return value

    return integer


def _size(value: Any, where: str) -> tuple[int, int]:
    width, height = _rows(_integer(1, MAX_SIDE), 2, 2)(value, where)
    return width, height


def _share(value: Any, where: str) -> float:
    return _number(0, 1)(value, where)


def _colour(value: Any, where: str) -> Colour:
    red, green, blue = _rows(_integer(0, 255), 3, 3)(value, where)
    return red, green, blue


def _word(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > 100:
        raise _Unusable(f"{where} is no short text.")
    return value
