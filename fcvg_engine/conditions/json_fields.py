# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads values from JSON that people may have edited. An error names the field that cannot be used.

A reader is a function of a value and the name of its field. It returns the value, checked, or raises Unusable. Some
functions here are readers, such as `fraction`; others make readers, such as `number(0, 1)` and `rows(fraction, 3)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..shared.plain_text import plain

_T = TypeVar("_T")

Reader = Callable[[Any, str], _T]


class Unusable(Exception):
    """A field cannot be used; the message is a sentence that names it."""


class Fields:
    """The fields of one object, read one by one. `where` names the object; `prefix` begins the names of its fields."""

    def __init__(self, value: Any, where: str, prefix: str | None = None) -> None:
        self._left = dict(json_object(value, where))
        self._where, self._prefix = where, f"{where}." if prefix is None else prefix

    def read(self, name: str, read: Reader[_T], *default: _T) -> _T:
        """Reads the field `name`; returns `default`, if there is one, where the field is left out."""
        if name in self._left:
            return read(self._left.pop(name), self._prefix + name)
        if default:
            return default[0]
        raise Unusable(f"{self._where} lacks {name!r}.")

    def finish(self) -> None:
        """Raises Unusable when fields are left over: otherwise a misspelt one would be ignored."""
        if self._left:
            raise Unusable(f"{self._where} has a field {next(iter(self._left))!r:.50} that has no meaning.")


def json_object(value: Any, where: str) -> dict[str, Any]:
    """A reader of objects."""
    if not isinstance(value, dict):
        raise Unusable(f"{where} is no object.")
    return value


def rows(read: Reader[_T], most: int, least: int = 0) -> Reader[list[_T]]:
    """Makes a reader of lists of `least` to `most` entries, each read by `read`."""

    def rows(value: Any, where: str) -> list[_T]:
        if not isinstance(value, list):
            raise Unusable(f"{where} is no list.")
        if not least <= len(value) <= most:
            raise Unusable(
                f"{where} has {len(value)} entries; {f'{least}' if least == most else f'at most {most}'} belong there."
            )
        return [read(each, f"{where}[{index}]") for index, each in enumerate(value)]

    return rows


def optional(read: Reader[_T]) -> Reader[_T | None]:
    """Makes a reader that also accepts null, which is None."""
    return lambda value, where: None if value is None else read(value, where)


def number(low: float, high: float) -> Reader[float]:
    """Makes a reader of numbers from `low` to `high`."""

    def number(value: Any, where: str) -> float:
        if type(value) not in (int, float):
            raise Unusable(f"{where} is no number.")
        if not low <= value <= high:  # never so for NaN
            raise Unusable(f"{where} is {value!r:.50}; {low:g} to {high:g} can be used.")
        return float(value)

    return number


def integer(low: int, high: int) -> Reader[int]:
    """Makes a reader of whole numbers from `low` to `high`."""

    def integer(value: Any, where: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Unusable(f"{where} is {value!r:.50}; a whole number from {low} to {high} belongs there.")
        return value

    return integer


def fraction(value: Any, where: str) -> float:
    """A reader of numbers from 0 to 1."""
    return number(0, 1)(value, where)


def short_text(value: Any, where: str) -> str:
    """A reader of text of at most 100 characters, made plain: it is drawn into pictures and shown."""
    if not isinstance(value, str) or len(value) > 100:
        raise Unusable(f"{where} is no short text.")
    return plain(value)
