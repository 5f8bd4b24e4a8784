"""The animator's tick chart as pixels. Numpy only, no bpy.

As drawn beside a key: a line from the earlier key, above, to the later one; a tick for each drawing at its time; the
keys' numbers circled, the breakdown longer and underlined. Drawings on twos and threes carry a dot for each frame.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..engine import timing

Pixels = np.ndarray[Any, np.dtype[np.float32]]
Colour = tuple[float, float, float, float]

# All in pixels at interface scale 1.
_LINE_PX, _THIN_PX = 1.6, 1.2
_TICK_PX, _BREAKDOWN_PX, _KEY_PX = 8.0, 13.0, 17.0  # from the line to each side
_GLYPH_PX = 4.0, 7.0
_ADVANCE_PX, _GAP_PX = 6.0, 5.0
_RING_PX = 4.0  # between a key's number and the ring around it
_DOT_PX = 1.2
_MARGIN_PX = 2.0

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


@dataclass(frozen=True)
class Chart:
    """What a chart shows: at least one drawing; `first`, the number of the earlier key's frame, from which the others
    are counted; the `index` of each drawing that is `missing`, so that another stands in for it."""

    drawings: tuple[timing.Drawing, ...]
    first: int
    missing: frozenset[int] = frozenset()

    @property
    def last(self) -> int:
        """Number of the later key's frame."""
        final = self.drawings[-1]
        return self.first + final.index + final.hold


@dataclass(frozen=True)
class ChartStyle:
    """Size in pixels, the interface's scale, the colour of the lines, and that of drawings that are missing."""

    width_px: int
    height_px: int
    scale: float
    ink: Colour
    missing: Colour


def paint(chart: Chart, look: ChartStyle) -> Pixels:
    """The chart, float32 [H, W, 4] in [0, 1], first row on top, alpha straight, nothing drawn is transparent."""
    scale = look.scale
    ink, missing = (_Layer(look.height_px, look.width_px) for _ in range(2))
    height = _snapped(_GLYPH_PX[1], scale)
    margin = _MARGIN_PX * scale + _RING_PX * scale + height / 2
    top, bottom = margin, look.height_px - margin
    wide = len(str(max(abs(chart.first), abs(chart.last))))
    needed = 2 * _KEY_PX + _GAP_PX + 2 * _RING_PX + wide * _ADVANCE_PX
    spine = max(0.0, look.width_px - needed * scale) / 2 + _KEY_PX * scale
    breakdown = timing.breakdown(chart.drawings)

    ink.bar(spine, top, spine, bottom, _LINE_PX * scale)
    for y, number in ((top, chart.first), (bottom, chart.last)):
        ink.bar(spine - _KEY_PX * scale, y, spine + _KEY_PX * scale, y, _LINE_PX * scale)
        _key_number(ink, str(number), spine + (_KEY_PX + _GAP_PX) * scale, y, scale)
    ys = {each.index: top + each.time * (bottom - top) for each in chart.drawings}
    for each in chart.drawings:
        layer, y = (missing if each.index in chart.missing else ink), ys[each.index]
        reach = (_BREAKDOWN_PX if each == breakdown else _TICK_PX) * scale
        for left, right in _dashes(reach) if each.index in chart.missing else ((-reach, reach),):
            layer.bar(spine + left, y, spine + right, y, _THIN_PX * scale)
        for dot in range(each.hold if chart.drawings[0].hold > 1 else 0):
            layer.dot(spine - reach - (3 + 3.5 * dot) * scale, y, _DOT_PX * scale)
    for each in _labelled(chart, breakdown, ys, (top, bottom), height, scale):
        layer = missing if each.index in chart.missing else ink
        x = spine + (_BREAKDOWN_PX + _GAP_PX) * scale
        width = layer.text(str(chart.first + each.index), x, ys[each.index], scale)
        if each == breakdown:
            below = ys[each.index] + height / 2 + 2 * scale
            layer.bar(x, below, x + width, below, _THIN_PX * scale)
    return _composed(ink, missing, look)


def _labelled(
    chart: Chart,
    breakdown: timing.Drawing,
    ys: dict[int, float],
    keys: tuple[float, float],
    height: float,
    scale: float,
) -> Iterator[timing.Drawing]:
    """The drawings whose numbers have room, the breakdown's first of all."""
    room = height + 3 * scale
    taken = [(y, room + 2 * scale) for y in keys]
    for each in (breakdown, *chart.drawings):
        y = ys[each.index]
        if all(abs(y - other) >= apart for other, apart in taken):
            taken.append((y, room + 2 * scale if each == breakdown else room))
            yield each


def _key_number(layer: _Layer, text: str, x: float, y: float, scale: float) -> None:
    """A number in a ring, `x` the ring's left end."""
    ring = _RING_PX * scale
    width = layer.text(text, x + ring, y, scale)
    radius = ring + _snapped(_GLYPH_PX[1], scale) / 2
    centre = x + ring + width / 2
    half = max(0.0, width / 2 + ring - radius)
    layer.ring(centre, y, half, radius, _THIN_PX * scale)


def _dashes(reach: float) -> tuple[tuple[float, float], ...]:
    """A tick in three pieces: not by its colour alone is a missing drawing told."""
    return (-reach, -0.65 * reach), (-0.25 * reach, 0.25 * reach), (0.65 * reach, reach)


class _Layer:
    """How much of each pixel one colour covers, `alpha` float32 [H, W] in [0, 1]."""

    def __init__(self, height: int, width: int) -> None:
        self.alpha: Pixels = np.zeros((height, width), np.float32)

    def bar(self, x0: float, y0: float, x1: float, y1: float, thick: float) -> None:
        """An upright or level line with flat ends; each pixel takes the very share that is covered."""
        if y0 == y1:
            y0, y1 = y0 - thick / 2, y1 + thick / 2
        else:
            x0, x1 = x0 - thick / 2, x1 + thick / 2
        rows, down = _span(y0, y1, self.alpha.shape[0])
        columns, across = _span(x0, x1, self.alpha.shape[1])
        self._cover(rows, columns, np.outer(down, across))

    def dot(self, x: float, y: float, radius: float) -> None:
        """A filled circle."""
        rows, columns, right, down = self._around(x, y, radius + 1, radius + 1)
        self._cover(rows, columns, np.clip(radius + 0.5 - np.hypot(right, down), 0, 1))

    def ring(self, x: float, y: float, half: float, radius: float, thick: float) -> None:
        """A circle's outline, drawn apart by `half` to each side."""
        rows, columns, right, down = self._around(x, y, half + radius + thick, radius + thick)
        distance = np.hypot(np.maximum(np.abs(right) - half, 0), down) - radius
        self._cover(rows, columns, np.clip(thick / 2 + 0.5 - np.abs(distance), 0, 1))

    def text(self, text: str, x: float, y: float, scale: float) -> float:
        """Digits from `x` on, their middle at `y`, on whole pixels so that they are crisp; gives their width."""
        advance, glyph_width = _snapped(_ADVANCE_PX, scale), _snapped(_GLYPH_PX[0], scale)
        for number, character in enumerate(text):
            glyph = _glyph(character, scale)
            left, top = round(x) + number * advance - _edge(scale), round(y - glyph.shape[0] / 2)
            rows = _inside(top, top + glyph.shape[0], self.alpha.shape[0])
            columns = _inside(left, left + glyph.shape[1], self.alpha.shape[1])
            inside = glyph[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
            self._cover(rows, columns, inside)
        return float((len(text) - 1) * advance + glyph_width)

    def _around(self, x: float, y: float, half_width: float, half_height: float) -> tuple[slice, slice, Pixels, Pixels]:
        """The pixels about a point, and how far right of it and below it their middles are."""
        rows = _inside(y - half_height, y + half_height, self.alpha.shape[0])
        columns = _inside(x - half_width, x + half_width, self.alpha.shape[1])
        right: Pixels = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] + np.float32(0.5 - x)
        down: Pixels = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5 - y)
        return rows, columns, right, down

    def _cover(self, rows: slice, columns: slice, share: Pixels) -> None:
        part = self.alpha[rows, columns]
        np.maximum(part, share, out=part)


def _inside(low: float, high: float, size: int) -> slice:
    """The pixels of `size` that lie between, in part or whole; empty where none does."""
    start, stop = (min(max(edge, 0), size) for edge in (int(np.floor(low)), int(np.ceil(high))))
    return slice(start, max(start, stop))


def _span(low: float, high: float, size: int) -> tuple[slice, Pixels]:
    """The pixels between two places, and the share of each."""
    pixels = _inside(low, high, size)
    edges = np.arange(pixels.start, pixels.stop, dtype=np.float32)
    return pixels, np.minimum(edges + 1, high) - np.maximum(edges, low)


def _snapped(length: float, scale: float) -> int:
    return max(1, round(length * scale))


def _edge(scale: float) -> int:
    """Pixels around a glyph that its strokes' thickness needs."""
    return int(np.ceil(_THIN_PX * scale / 2 + 0.5))


@functools.lru_cache(maxsize=64)
def _glyph(character: str, scale: float) -> Pixels:
    """How much of each pixel a digit covers, float32 [h, w]."""
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
    return np.clip(_THIN_PX * scale / 2 + 0.5 - nearest, 0, 1).astype(np.float32)


def _composed(ink: _Layer, missing: _Layer, look: ChartStyle) -> Pixels:
    """Missing drawings over the rest."""
    over = missing.alpha * look.missing[3]
    under = ink.alpha * look.ink[3] * (1 - over)
    alpha = over + under
    pixels = np.zeros((*alpha.shape, 4), np.float32)
    for channel in range(3):
        mixed = look.missing[channel] * over + look.ink[channel] * under
        np.divide(mixed, alpha, out=pixels[..., channel], where=alpha > 0)
    pixels[..., 3] = alpha
    return pixels
