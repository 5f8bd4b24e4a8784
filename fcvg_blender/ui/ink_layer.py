# SPDX-License-Identifier: GPL-3.0-or-later
"""One colour of a picture: lines, dots, rings and digits with smooth edges. Numpy only, no bpy.

Places are pixels from the top left corner, x to the right, y down; the middle of the first pixel is at 0.5, 0.5.
"""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import Any

import numpy as np

Pixels = np.ndarray[Any, np.dtype[np.float32]]

# All in pixels at interface scale 1.
THIN_PX = 1.2  # thickness of digits and thin lines
ADVANCE_PX = 6.0  # from the left end of a digit to that of the next
_GLYPH_PX = 4.0, 7.0  # width and height of a digit

# Strokes on a grid of 4 × 7, y down.
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "0": (((1.3, 0), (2.7, 0), (3.6, 0.8), (4, 2.2), (4, 4.8), (3.6, 6.2), (2.7, 7), (1.3, 7), (0.4, 6.2), (0, 4.8),
           (0, 2.2), (0.4, 0.8), (1.3, 0)),),
    "1": (((0.6, 1.4), (2.2, 0), (2.2, 7)),),
    "2": (((0, 1.6), (0.5, 0.5), (1.4, 0), (2.7, 0), (3.6, 0.6), (3.9, 1.7), (3.5, 2.9), (0, 7), (4, 7)),),
    "3": (((0.1, 0.9), (1.2, 0), (2.7, 0), (3.7, 0.8), (3.7, 2.4), (2.8, 3.3), (1.5, 3.3)),
          ((2.8, 3.3), (3.8, 4.1), (4, 5.3), (3.4, 6.5), (2.4, 7), (1.3, 7), (0, 6.0))),
    "4": (((3, 7), (3, 0), (0, 4.8), (4, 4.8)),),
    "5": (((3.7, 0), (0.5, 0), (0.2, 3.1), (1.3, 2.6), (2.6, 2.6), (3.6, 3.3), (4, 4.6), (3.7, 6.0), (2.6, 7),
           (1.3, 7), (0, 6.1)),),
    "6": (((3.5, 0.5), (2.5, 0), (1.5, 0.2), (0.5, 1.4), (0, 3.4), (0, 5.0), (0.4, 6.3), (1.4, 7), (2.6, 7), (3.6, 6.3),
           (4, 5.0), (3.6, 3.7), (2.6, 3.0), (1.4, 3.0), (0.4, 3.7), (0, 5.0)),),
    "7": (((0, 0), (4, 0), (1.4, 7)),),
    "8": (((1.4, 3.3), (0.4, 2.6), (0.2, 1.5), (0.7, 0.4), (1.5, 0), (2.5, 0), (3.3, 0.4), (3.8, 1.5), (3.6, 2.6),
           (2.6, 3.3), (1.4, 3.3), (0.4, 4.0), (0, 5.2), (0.4, 6.3), (1.4, 7), (2.6, 7), (3.6, 6.3), (4, 5.2),
           (3.6, 4.0), (2.6, 3.3)),),
    "9": (((0.5, 6.5), (1.5, 7), (2.5, 6.8), (3.5, 5.6), (4, 3.6), (4, 2.0), (3.6, 0.7), (2.6, 0), (1.4, 0), (0.4, 0.7),
           (0, 2.0), (0.4, 3.3), (1.4, 4.0), (2.6, 4.0), (3.6, 3.3), (4, 2.0)),),
    "-": (((0.6, 3.6), (3.4, 3.6)),),
}  # fmt: skip


class InkLayer:
    """How much of each pixel is covered: `alpha`, float32 [H, W] in [0, 1]. What overlaps is not covered twice."""

    def __init__(self, height: int, width: int) -> None:
        self.alpha: Pixels = np.zeros((height, width), np.float32)

    def bar(self, x0: float, y0: float, x1: float, y1: float, thick: float) -> None:
        """Draw a vertical or horizontal line with flat ends. A pixel takes exactly the share of it that is covered."""
        if y0 == y1:
            y0, y1 = y0 - thick / 2, y1 + thick / 2
        else:
            x0, x1 = x0 - thick / 2, x1 + thick / 2
        rows, down = _span(y0, y1, self.alpha.shape[0])
        columns, across = _span(x0, x1, self.alpha.shape[1])
        self._cover(rows, columns, np.outer(down, across))

    def dot(self, x: float, y: float, radius: float) -> None:
        """Draw a filled circle."""
        rows, columns, right, down = self._around(x, y, radius + 1, radius + 1)
        self._cover(rows, columns, np.clip(radius + 0.5 - np.hypot(right, down), 0, 1))

    def ring(self, x: float, y: float, half: float, radius: float, thick: float) -> None:
        """Draw a circle's outline, its two halves pulled apart by `half` to the left and to the right."""
        rows, columns, right, down = self._around(x, y, half + radius + thick, radius + thick)
        distance = np.hypot(np.maximum(np.abs(right) - half, 0), down) - radius
        self._cover(rows, columns, np.clip(thick / 2 + 0.5 - np.abs(distance), 0, 1))

    def text(self, text: str, x: float, y: float, scale: float) -> float:
        """Draw digits from `x` on, their middle at `y`, on whole pixels so that they are crisp. Return their width."""
        advance, glyph_width = _snapped(ADVANCE_PX, scale), _snapped(_GLYPH_PX[0], scale)
        for number, character in enumerate(text):
            digit = glyph(character, scale)
            left, top = round(x) + number * advance - _edge(scale), round(y - digit.shape[0] / 2)
            rows = _inside(top, top + digit.shape[0], self.alpha.shape[0])
            columns = _inside(left, left + digit.shape[1], self.alpha.shape[1])
            inside = digit[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
            self._cover(rows, columns, inside)
        return float((len(text) - 1) * advance + glyph_width)

    def _around(self, x: float, y: float, half_width: float, half_height: float) -> tuple[slice, slice, Pixels, Pixels]:
        """Return the pixels around a point, and how far to the right of it and below it their middles are."""
        rows = _inside(y - half_height, y + half_height, self.alpha.shape[0])
        columns = _inside(x - half_width, x + half_width, self.alpha.shape[1])
        right: Pixels = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] + np.float32(0.5 - x)
        down: Pixels = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5 - y)
        return rows, columns, right, down

    def _cover(self, rows: slice, columns: slice, share: Pixels) -> None:
        """Cover `share` of the pixels, where they are not covered more already."""
        covered = self.alpha[rows, columns]
        np.maximum(covered, share, out=covered)


def _inside(low: float, high: float, size: int) -> slice:
    """Return which of `size` pixels lie between `low` and `high`, in part or whole; an empty slice where none does."""
    start, stop = (min(max(edge, 0), size) for edge in (int(np.floor(low)), int(np.ceil(high))))
    return slice(start, max(start, stop))


def _span(low: float, high: float, size: int) -> tuple[slice, Pixels]:
    """Return the pixels between two places, and the share of each that lies between them."""
    pixels = _inside(low, high, size)
    edges = np.arange(pixels.start, pixels.stop, dtype=np.float32)
    return pixels, np.minimum(edges + 1, high) - np.maximum(edges, low)


def digit_height(scale: float) -> int:
    """Return the height of a digit, in pixels."""
    return _snapped(_GLYPH_PX[1], scale)


def _snapped(length: float, scale: float) -> int:
    """Return a length in whole pixels, at least 1."""
    return max(1, round(length * scale))


def _edge(scale: float) -> int:
    """Return how many pixels around a digit its strokes' thickness needs."""
    return int(np.ceil(THIN_PX * scale / 2 + 0.5))


@functools.lru_cache(maxsize=64)
def glyph(character: str, scale: float) -> Pixels:
    """Return how much of each pixel a digit, or "-", covers: float32 [h, w] in [0, 1]."""
    edge, width, height = _edge(scale), _snapped(_GLYPH_PX[0], scale), _snapped(_GLYPH_PX[1], scale)
    y, x = np.mgrid[0 : height + 2 * edge, 0 : width + 2 * edge].astype(np.float32)
    x, y = x + 0.5 - edge, y + 0.5 - edge
    nearest = np.full(x.shape, np.inf, np.float32)
    # The outermost strokes run through the middles of pixels.
    step_x, step_y = (width - 1) / _GLYPH_PX[0], (height - 1) / _GLYPH_PX[1]
    for stroke in _STROKES[character]:
        points = [(0.5 + px * step_x, 0.5 + py * step_y) for px, py in stroke]
        for (ax, ay), (bx, by) in pairwise(points):
            along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
            along = np.clip(along, 0, 1)
            nearest = np.minimum(nearest, np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)))
    return np.clip(THIN_PX * scale / 2 + 0.5 - nearest, 0, 1).astype(np.float32)
