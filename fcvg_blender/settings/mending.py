# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that a file brings into our properties: each is brought into its range where it enters.

Blender checks a value when an artist or a script sets it, not when it comes out of a file: another version, another
program or a damaged disk may have left a count of two thousand millions, a choice that does not exist, a number that is
none, text that is no UTF-8.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import bpy

LONGEST_TEXT = 1 << 20  # characters of a property; a chart of 1000 drawings has a fiftieth of that
MOST_ITEMS = 1000  # of a collection; a strip with some dozens of takes has many

Ranges = Mapping[str, tuple[int, int]]

_NUMBER, _CHOICE, _TEXT, _PART, _PARTS = "number", "choice", "text", "part", "parts"


def mend(group: Any, ranges: Ranges) -> None:
    """Bring every value of a property group, of the groups in it and of their collections, into its range.

    `ranges`: of numbers, by their names, where they are narrower than what the property declares. Values that cannot
    be understood are unset. Nothing is written where nothing is wrong.
    """
    cls: Any = type(group)
    for each in _declared(cls):
        if each.kind == _NUMBER:
            _mend_number(group, each, ranges)
        elif each.kind == _CHOICE:
            if not getattr(group, each.name):
                group.property_unset(each.name)
        elif each.kind == _TEXT:
            _mend_text(group, each.name)
        elif each.kind == _PART:
            mend(getattr(group, each.name), ranges)
        else:
            items = getattr(group, each.name)
            while len(items) > MOST_ITEMS:
                items.remove(len(items) - 1)
            for item in items:
                mend(item, ranges)


@dataclass(frozen=True)
class _Declared:
    """A property: its name, what it is, and the range that it declares."""

    name: str
    kind: str
    least: float = 0.0
    most: float = 0.0


@functools.cache
def _declared(cls: Any) -> tuple[_Declared, ...]:
    return tuple(_of(cls))


def _of(cls: Any) -> Iterator[_Declared]:
    kinds = {"ENUM": _CHOICE, "STRING": _TEXT, "COLLECTION": _PARTS}
    for each in cls.bl_rna.properties:
        if each.identifier == "rna_type" or (each.is_readonly and each.type not in {"POINTER", "COLLECTION"}):
            continue
        if each.type in {"INT", "FLOAT"} and not each.is_array:
            yield _Declared(each.identifier, _NUMBER, each.hard_min, each.hard_max)
        elif each.type in kinds:
            yield _Declared(each.identifier, kinds[each.type])
        elif each.type == "POINTER" and issubclass(type(each.fixed_type), bpy.types.PropertyGroup):
            yield _Declared(each.identifier, _PART)


def _mend_number(group: Any, each: _Declared, ranges: Ranges) -> None:
    value = getattr(group, each.name)
    least, most = ranges.get(each.name, (each.least, each.most))
    if not math.isfinite(value):
        group.property_unset(each.name)
    elif not least <= value <= most:
        setattr(group, each.name, type(value)(min(max(value, least), most)))


def _mend_text(group: Any, name: str) -> None:
    try:
        text = getattr(group, name)
    except UnicodeDecodeError:
        group.property_unset(name)
        return
    whole = text.partition("\0")[0][:LONGEST_TEXT]
    if whole != text:
        setattr(group, name, whole)
