# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting of a part of Blender's data, read through RNA: what an artist would miss if it changed."""

from __future__ import annotations

import functools
from collections.abc import Set
from typing import Any

import bpy

# `particle_edit`, `uv_sculpt`: Blender notes the active object there at undo steps, and 4.2 crashes on asking.
_NO_SETTINGS = {"rna_type", "depsgraph", "is_runtime_data", "particle_edit", "uv_sculpt"}
_Strip: Any = getattr(bpy.types, "Strip", None) or bpy.types.Sequence  # before 4.4
_BY_NAME = (bpy.types.ID, _Strip)  # what is not part of what points at it


def settings(struct: Any, path: str, but: Set[str] = frozenset()) -> dict[str, str]:
    """Every property of `struct` that can be written to, those of its parts and of collections' items too, by its path;
    without properties that have a name in `but`."""
    found: dict[str, str] = {}
    _note(struct, path, frozenset(but), found, set())
    return found


def _note(struct: Any, path: str, but: frozenset[str], found: dict[str, str], seen: set[tuple[int, str]]) -> None:
    key = struct.as_pointer(), struct.bl_rna.identifier
    if key in seen:
        return
    seen.add(key)
    for name, kind, is_read_only, is_array in _properties(type(struct), but):
        value, here = getattr(struct, name), f"{path}.{name}"
        if kind == "COLLECTION":
            found[here] = str([getattr(item, "name", "") for item in value])
            for number, item in enumerate(value):
                if not isinstance(item, _BY_NAME):
                    _note(item, f"{here} {number}", but, found, seen)
        elif kind == "POINTER":
            own = not isinstance(value, _BY_NAME) or getattr(value, "is_embedded_data", False)
            if value is not None and own:
                _note(value, here, but, found, seen)
            else:
                found[here] = value.name if value is not None else ""
        elif not is_read_only:
            found[here] = str(sorted(value) if isinstance(value, set) else tuple(value) if is_array else value)


@functools.cache
def _properties(cls: Any, but: frozenset[str]) -> list[tuple[str, str, bool, bool]]:
    """Name, type, and whether it can only be read and is an array, of each property that counts."""
    return [
        (each.identifier, each.type, each.is_readonly, getattr(each, "is_array", False))
        for each in cls.bl_rna.properties
        if each.identifier not in _NO_SETTINGS | but and not getattr(each, "is_deprecated", False)
    ]
