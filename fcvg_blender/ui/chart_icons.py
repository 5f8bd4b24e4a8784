# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing charts as icons for panels. One is painted anew only when its drawings or its style have changed."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import bpy
import bpy.utils.previews
import numpy as np

from .. import compat
from ..engine import timing
from ..settings import strip_record
from ..timing import spacing
from . import chart_picture
from .chart_picture import Chart, ChartStyle, Colour
from .ink_layer import Pixels
from .layout_parts import unit_px

_KEPT = 16  # icons at a time; far more than are on the screen
_PADDING_UNITS = 0.3  # which Blender leaves free around an icon

_icons: Any = None  # Blender's collection of pictures, made with the first one
# → name of its icon in the collection; what has not been drawn for the longest time is first
_painted: OrderedDict[tuple[Chart, ChartStyle], str] = OrderedDict()


def of_settings(settings: Any, gap: tuple[int, int] | None) -> Chart:
    """Return the chart that the scene's settings give for a gap: frame of its earlier key, number of inbetweens.

    Without a gap it is for the number of inbetweens in the settings, after a key on frame 1. Raises BadRequest where
    the settings do not fit the gap.
    """
    first, count = gap or (1, settings.inbetweens())
    chart = spacing.engine_timing(settings, count, first, first + count + 1)
    return Chart(tuple(timing.chart(count, chart, settings.hold_frames())), first)


def of_strip(strip: Any) -> Chart:
    """Return the chart by which a strip of inbetweens is timed, with frames as it lies in the edit now."""
    drawings, lacking = strip.fcvg.drawings(), strip_record.lacking(strip.fcvg)
    missing = {each.index for each in drawings if any(abs(each.time - time) < timing.SAME_TIME for time in lacking)}
    return Chart(tuple(drawings), round(compat.content_start(strip)) - 1, frozenset(missing))


def icon(context: Any, chart: Chart, units: float) -> int:
    """Return the icon that shows `chart` at `units` of a button's height, pixel by pixel; 0 without a window.

    It is to be drawn with `template_icon(…, scale=units)`, where there is room for all of it.
    """
    global _icons
    if bpy.app.background or not chart.drawings:
        return 0
    system = context.preferences.system
    side_px = int((units - _PADDING_UNITS) * unit_px(context))
    style = ChartStyle(side_px, side_px, float(system.ui_scale), *_colours(context))
    key = chart, style
    if key not in _painted:
        if _icons is None:
            _icons = bpy.utils.previews.new()
        if len(_painted) < _KEPT:
            name = str(len(_painted))
            _icons.new(name)
        else:
            _, name = _painted.popitem(last=False)
        _fill(_icons[name], chart_picture.paint(chart, style))
        _painted[key] = name
    _painted.move_to_end(key)
    return int(_icons[_painted[key]].icon_id)


def close() -> None:
    """Free all icons."""
    global _icons
    _painted.clear()
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None


def _fill(preview: Any, pixels: Pixels) -> None:
    """Give an icon its pixels. Blender keeps them from the lowest row up, alpha premultiplied."""
    height, width, _ = pixels.shape
    pixels = pixels[::-1].copy()
    pixels[..., :3] *= pixels[..., 3:]
    preview.image_size = width, height
    preview.image_pixels_float.foreach_set(np.ravel(pixels))


def _colours(context: Any) -> tuple[Colour, Colour]:
    """Return the theme's colours for what is there and for what is missing.

    What is there has the colour of labels. What is missing has that of a changed setting, mixed with that of labels,
    so that it stands out from a light background too.
    """
    ink = compat.label_colour()
    changed = context.preferences.themes[0].user_interface.wcol_state.inner_changed
    red, green, blue = (0.7 * hint + 0.3 * word for hint, word in zip(changed, ink, strict=False))
    return (*ink, 1.0), (red, green, blue, 1.0)
