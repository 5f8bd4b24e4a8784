# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps changes that have no keyframe through a render.

Blender sets each animated value to that of its curve when it renders, and the artist would lose what was changed since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import bpy

from .. import compat

_KINDS = (
    *("objects", "armatures", "cameras", "curves", "lattices", "lights", "materials", "meshes", "metaballs"),
    *("node_groups", "scenes", "shape_keys", "speakers", "worlds", "grease_pencils", "grease_pencils_v3"),
    *("hair_curves", "pointclouds", "volumes", "lightprobes", "linestyles", "textures", "cache_files", "movieclips"),
)
_Value = tuple[Any, str, int, Any]  # data-block, path and index of a property, and its value


@contextmanager
def kept() -> Iterator[None]:
    """Give all animated properties the values afterwards that they had before."""
    before = list(_animated())
    try:
        yield
    finally:
        context: Any = bpy.context
        for window in context.window_manager.windows:
            window.view_layer.update()  # lets Blender do it now, not later
        for owner, path, index, value in before:
            with suppress(ReferenceError, ValueError, TypeError, AttributeError, KeyError):
                if _read(owner, path, index) != value:
                    _write(owner, path, index, value)


def _animated() -> Iterator[_Value]:
    for kind in _KINDS:
        for block in getattr(bpy.data, kind, ()):
            if block.library is None:
                yield from _values(block)
                tree = getattr(block, "node_tree", None)
                if tree is not None and tree.is_embedded_data:
                    yield from _values(tree)


def _values(block: Any) -> Iterator[_Value]:
    for curve in compat.fcurves(block):
        with suppress(ValueError, TypeError, KeyError, IndexError):  # a curve that animates nothing any more
            yield block, curve.data_path, curve.array_index, _read(block, curve.data_path, curve.array_index)


def _read(block: Any, path: str, index: int) -> Any:
    value = block.path_resolve(path)
    return value[index] if hasattr(value, "__len__") and not isinstance(value, str) else value


def _write(block: Any, path: str, index: int, value: Any) -> None:
    if path.endswith("]"):  # an artist's own property
        owner_path, _, key = path[:-1].rpartition("[")
        owner, name = block.path_resolve(owner_path) if owner_path else block, key[1:-1]
        holder, place = (owner[name], index) if hasattr(owner[name], "__len__") else (owner, name)
        holder[place] = value
        return
    owner_path, _, name = path.rpartition(".")
    owner = block.path_resolve(owner_path) if owner_path else block
    if hasattr(getattr(owner, name), "__len__") and not isinstance(value, str):
        getattr(owner, name)[index] = value
    else:
        setattr(owner, name, value)
