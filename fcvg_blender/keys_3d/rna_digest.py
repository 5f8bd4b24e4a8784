# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests of Blender's data: of all properties that change a picture, whatever their type, read through RNA.

Selection, names of data-blocks, places of nodes and the like are left out. A data-block counts by what it holds, an
image or another file by path, size and time of the last change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from . import picture_properties

_RANDOM_BY_NAME = {"ShaderNodeObjectInfo"}

_NUMBERS = {"FLOAT": np.float32, "INT": np.int32, "BOOLEAN": np.bool_, "ENUM": np.int32}

_INTERNAL_ATTRIBUTES = (".select", ".hide", ".uv_select", ".sculpt", ".vs.", ".es.", ".pn.", ".vn.")


class Unjudged(Exception):
    """The picture depends on something that Blender does not let us read."""


class Content:
    """Digests of data-blocks and their parts, each read once.

    A digest is made of properties, of lists of parts and of the digests of what is pointed to. A part that was met
    before counts by its number, so that links between nodes count. `random_by_name`: something that was read makes
    random numbers out of names.
    """

    def __init__(self) -> None:
        self.random_by_name = False
        self._digests: dict[tuple[str, int], bytes] = {}
        self._plans: dict[str, list[tuple[str, str, Any]]] = {}

    def block(self, block: Any) -> bytes:
        """Return the digest of a data-block with all that it points to; b"" for None. Raises Unjudged."""
        return self.remembered("block", block, self._read_block) if block is not None else b""

    def _read_block(self, block: Any) -> bytes:
        kind = block.id_type
        if kind == "OBJECT":  # pointed to for its place, such as by texture coordinates
            return matrix(block.matrix_world)
        if kind == "COLLECTION":
            return joined(*sorted(matrix(each.matrix_world) for each in block.all_objects))
        if kind == "IMAGE":
            return joined(self.fields(block), _image(block))
        if kind == "TEXT":
            return bytes(block.as_string(), "utf-8")
        if kind in {"SCENE", "ACTION", "SOUND", "KEY"}:
            return bytes(kind, "utf-8")
        return joined(kind.encode(), self.fields(block))

    def remembered(self, what: str, block: Any, read: Callable[[Any], bytes]) -> bytes:
        """Return what `read` gives for `block`, which is read once; `what` tells different readings of it apart."""
        key = what, block.as_pointer()
        if key not in self._digests:
            self._digests[key] = b"again"  # what points back to it while it is being read
            self._digests[key] = read(block)
        return self._digests[key]

    def part(self, part: Any) -> bytes:
        """Return the digest of a struct with all of its parts; b"" for None. Raises Unjudged."""
        return b"" if part is None else self.fields(part)

    def fields(self, struct: Any) -> bytes:
        """Return the digest of the properties of a struct and of all of its parts. Raises Unjudged."""
        state = hashlib.blake2b(digest_size=16)
        self._feed(state, struct, {})
        return state.digest()

    def _feed(self, state: Any, struct: Any, seen: dict[tuple[int, str], int]) -> None:
        """Add a struct to the hash `state`; `seen` are the numbers of the structs that are in it already."""
        kind = struct.bl_rna.identifier
        key = struct.as_pointer(), kind
        if key in seen:
            state.update(b"#%d" % seen[key])
            return
        seen[key] = len(seen)
        if kind in _RANDOM_BY_NAME:
            self.random_by_name = True
        state.update(kind.encode())
        for name, way, _ in self._plan(struct):
            value = getattr(struct, name)
            state.update(name.encode())
            if way == "value":
                state.update(repr(value).encode())
            elif way == "file":
                state.update(repr(value).encode() + _file(value))
            elif way == "array":
                state.update(repr(_flat(value)).encode())
            elif value is None:
                state.update(b"none")
            elif way == "block":
                state.update(self.block(value))
            elif way == "part":
                self._feed(state, value, seen)
            else:
                self._feed_parts(state, value, seen)

    def _feed_parts(self, state: Any, parts: Any, seen: dict[tuple[int, str], int]) -> None:
        """Add a collection to the hash `state`; where its items hold only numbers, all at once, which is fast."""
        state.update(b"[%d" % len(parts))
        first = next(iter(parts), None)
        plan = self._plan(first) if first is not None else []
        if (
            first is not None
            and plan
            and len(parts) > 1
            and all(way in {"value", "array"} and detail in _NUMBERS for _, way, detail in plan)
        ):
            for name, _, number in plan:
                length = getattr(first.bl_rna.properties[name], "array_length", 0) or 1
                values: np.ndarray[Any, Any] = np.empty(len(parts) * length, _NUMBERS[number])
                parts.foreach_get(name, values)
                state.update(name.encode() + values.tobytes())
            return
        for part in parts:
            if part is None or isinstance(part, bpy.types.ID):
                state.update(self.block(part))
            elif not str(getattr(part, "name", "")).startswith(_INTERNAL_ATTRIBUTES):
                self._feed(state, part, seen)

    def _plan(self, struct: Any) -> list[tuple[str, str, Any]]:
        """The properties of a struct's type that change a picture: name, way to read, and kind of number."""
        kind = struct.bl_rna.identifier
        if kind not in self._plans:
            self._plans[kind] = list(picture_properties.of(struct))
        return self._plans[kind]


def joined(*parts: bytes) -> bytes:
    """Return one digest of several, 16 bytes."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(b"%d:" % len(part) + part)
    return state.digest()


def matrix(value: Any) -> bytes:
    """Return a transformation as bytes."""
    return np.array(value, np.float32).tobytes()


def _flat(value: Any) -> Any:
    """An array property as tuples."""
    return tuple(_flat(each) for each in value) if hasattr(value, "__len__") else value


def _image(image: Any) -> bytes:
    """The pixels of an image: its file, or themselves where they are not on disk. Raises Unjudged."""
    if image.source == "VIEWER":
        raise Unjudged
    if image.is_dirty or (image.source == "GENERATED" and image.has_data):
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        return pixels.tobytes()
    if image.packed_file is not None:
        return bytes(image.packed_file.data)
    if image.source in {"SEQUENCE", "TILED"}:
        folder = Path(bpy.path.abspath(image.filepath, library=image.library)).parent
        return joined(*(_file(str(each)) for each in sorted(folder.iterdir()))) if folder.is_dir() else b""
    return _file(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else b""


def _file(path: str) -> bytes:
    """Size and time of the last change of a file."""
    try:
        found = Path(bpy.path.abspath(path)).stat()
    except (OSError, ValueError):
        return b"missing"
    return b"%d %d" % (found.st_size, found.st_mtime_ns)
