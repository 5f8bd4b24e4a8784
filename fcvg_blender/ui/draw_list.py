# SPDX-License-Identifier: GPL-3.0-or-later
"""Rectangles and words that are drawn over a region of a window, all in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import blf
import gpu
import numpy as np

Colour = tuple[float, float, float, float]  # red, green, blue, alpha in [0, 1]
Array = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Box:
    """A rectangle of the region, in pixels."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass
class DrawList:
    """What is to be drawn. `points` are corners of triangles, float32 [N, 3] each, and `colours` theirs, [N, 4] each.
    `words` are texts, each with its left end, its base line and its colour."""

    points: list[Array] = field(default_factory=list)
    colours: list[Array] = field(default_factory=list)
    words: list[tuple[str, float, float, Colour]] = field(default_factory=list)

    def fill(self, box: Box, colour: Colour, corner: float = 0.0) -> None:
        """Add a rectangle, its corners cut off by `corner` pixels."""
        points = _rectangle(box, corner)
        self.points.append(points)
        self.colours.append(np.tile(np.array(colour, np.float32), (len(points), 1)))

    def paint(self, text_px: float) -> None:
        """Draw everything, words in letters of `text_px`. At least one rectangle must have been added."""
        shader = gpu.shader.from_builtin("FLAT_COLOR")
        points, colours = np.concatenate(self.points), np.concatenate(self.colours)
        layout = gpu.types.GPUVertFormat()
        for name, values in (("pos", points), ("color", colours)):
            layout.attr_add(id=name, comp_type="F32", len=values.shape[1], fetch_mode="FLOAT")
        corners: Any = gpu.types.GPUVertBuf(layout, len(points))
        corners.attr_fill("pos", points)
        corners.attr_fill("color", colours)
        gpu.state.blend_set("ALPHA")
        gpu.types.GPUBatch(type="TRIS", buf=corners).draw(shader)
        gpu.state.blend_set("NONE")
        blf.size(0, text_px)
        for word, x, y, colour in self.words:
            blf.position(0, round(x), round(y), 0)
            blf.color(0, *colour)
            blf.draw(0, word)


def _rectangle(box: Box, corner: float) -> Array:
    """Return the triangles of a rectangle with cut corners, as [N, 3]."""
    left, bottom, right, top = box.left, box.bottom, box.right, box.top
    corners = [
        *((left + corner, bottom), (right - corner, bottom), (right, bottom + corner), (right, top - corner)),
        *((right - corner, top), (left + corner, top), (left, top - corner), (left, bottom + corner)),
    ]
    if not corner:
        corners = corners[::2]
    fan = [(corners[0], second, third) for second, third in pairwise(corners[1:])]
    return np.array([(x, y, 0.0) for triangle in fan for x, y in triangle], np.float32)
