# SPDX-License-Identifier: GPL-3.0-or-later
"""The animator's tick chart as pixels. Numpy only, no bpy.

It looks as animators draw it beside a key: a vertical line from the earlier key, above, to the later one, with a tick
for each drawing at its time. The numbers of the keys are circled. The breakdown has a longer tick and its number is
underlined. Drawings on twos and threes have a dot for each frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..engine import timing
from .ink_layer import ADVANCE_PX, THIN_PX, InkLayer, Pixels, digit_height

Colour = tuple[float, float, float, float]

# All in pixels at interface scale 1.
_LINE_PX = 1.6
_TICK_PX, _BREAKDOWN_PX, _KEY_PX = 8.0, 13.0, 17.0  # from the line to each side
_GAP_PX = 5.0  # from a tick to its number
_RING_PX = 4.0  # between a key's number and the ring around it
_DOT_PX = 1.2
_MARGIN_PX = 2.0


@dataclass(frozen=True)
class Chart:
    """What a chart shows: one drawing or more. `first` is the frame of the earlier key, from which the others are
    counted. `missing` are the `index` of drawings that are not made yet, so that others stand in for them."""

    drawings: tuple[timing.Drawing, ...]
    first: int
    missing: frozenset[int] = frozenset()

    @property
    def last(self) -> int:
        """The frame of the later key."""
        final = self.drawings[-1]
        return self.first + final.index + final.hold


@dataclass(frozen=True)
class ChartStyle:
    """Size in pixels, the interface's scale, the colour of lines and numbers, and that of missing drawings."""

    width_px: int
    height_px: int
    scale: float
    ink: Colour
    missing: Colour


def paint(chart: Chart, style: ChartStyle) -> Pixels:
    """Return a picture of the chart: float32 [H, W, 4] in [0, 1], first row on top, straight alpha, transparent where
    nothing is drawn."""
    scale = style.scale
    ink, missing = (InkLayer(style.height_px, style.width_px) for _ in range(2))
    height = digit_height(scale)
    margin = _MARGIN_PX * scale + _RING_PX * scale + height / 2
    top, bottom = margin, style.height_px - margin
    wide = len(str(max(abs(chart.first), abs(chart.last))))
    needed = 2 * _KEY_PX + _GAP_PX + 2 * _RING_PX + wide * ADVANCE_PX
    spine = max(0.0, style.width_px - needed * scale) / 2 + _KEY_PX * scale
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
            layer.bar(spine + left, y, spine + right, y, THIN_PX * scale)
        for dot in range(each.hold if chart.drawings[0].hold > 1 else 0):
            layer.dot(spine - reach - (3 + 3.5 * dot) * scale, y, _DOT_PX * scale)
    for each in _labelled(chart, breakdown, ys, (top, bottom), height, scale):
        layer = missing if each.index in chart.missing else ink
        x = spine + (_BREAKDOWN_PX + _GAP_PX) * scale
        width = layer.text(str(chart.first + each.index), x, ys[each.index], scale)
        if each == breakdown:
            below = ys[each.index] + height / 2 + 2 * scale
            layer.bar(x, below, x + width, below, THIN_PX * scale)
    return _composed(ink, missing, style)


def _labelled(
    chart: Chart,
    breakdown: timing.Drawing,
    ys: dict[int, float],
    keys: tuple[float, float],
    height: float,
    scale: float,
) -> Iterator[timing.Drawing]:
    """Yield the drawings whose numbers have room. The breakdown's comes first, so that it has its number first."""
    room = height + 3 * scale
    taken = [(y, room + 2 * scale) for y in keys]
    for each in (breakdown, *chart.drawings):
        y = ys[each.index]
        if all(abs(y - other) >= apart for other, apart in taken):
            taken.append((y, room + 2 * scale if each == breakdown else room))
            yield each


def _key_number(layer: InkLayer, text: str, x: float, y: float, scale: float) -> None:
    """Draw a number in a ring whose left end is at `x`."""
    ring = _RING_PX * scale
    width = layer.text(text, x + ring, y, scale)
    radius = ring + digit_height(scale) / 2
    centre = x + ring + width / 2
    half = max(0.0, width / 2 + ring - radius)
    layer.ring(centre, y, half, radius, THIN_PX * scale)


def _dashes(reach: float) -> tuple[tuple[float, float], ...]:
    """Return the left and right ends of a tick in three pieces: a missing drawing differs not by its colour alone."""
    return (-reach, -0.65 * reach), (-0.25 * reach, 0.25 * reach), (0.65 * reach, reach)


def _composed(ink: InkLayer, missing: InkLayer, style: ChartStyle) -> Pixels:
    """Return both layers in their colours, missing drawings over the rest."""
    over = missing.alpha * style.missing[3]
    under = ink.alpha * style.ink[3] * (1 - over)
    alpha = over + under
    pixels = np.zeros((*alpha.shape, 4), np.float32)
    for channel in range(3):
        mixed = style.missing[channel] * over + style.ink[channel] * under
        np.divide(mixed, alpha, out=pixels[..., channel], where=alpha > 0)
    pixels[..., 3] = alpha
    return pixels
