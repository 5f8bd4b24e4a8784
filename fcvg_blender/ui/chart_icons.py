"""Timing charts as icons for panels: which drawings, in which look, painted when something about them has changed."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import bpy
import bpy.utils.previews
import numpy as np

from .. import compat
from ..engine import timing
from ..timing import exposure, spacing
from . import chart_picture
from .chart_picture import Chart, ChartStyle, Colour

_KEPT = 16  # charts at a time; far more than are on the screen
_PADDING = 0.3  # of a unit, which Blender leaves free around an icon

_icons: Any = None  # Blender's collection of pictures, made with the first one
_painted: OrderedDict[tuple[Chart, ChartStyle], str] = (
    OrderedDict()
)  # → name of its icon, the one not seen longest first


def of_settings(settings: Any, gap: tuple[int, int] | None) -> Chart:
    """The chart that the scene's settings give for a gap (frame of its earlier key, number of inbetweens), without one
    for as many inbetweens as they say after a key on frame 1. Raises BadRequest where they do not fit."""
    first, count = gap or (1, settings.count)
    chart = spacing.engine_timing(settings, count, first, first + count + 1)
    return Chart(tuple(timing.chart(count, chart, settings.hold_frames())), first)


def of_strip(strip: Any) -> Chart:
    """The chart by which a strip of inbetweens is timed, as it lies in the edit now."""
    record = strip.fcvg
    chart = exposure.refitted(record.engine_timing(), record.count, record.hold)
    drawings = timing.chart(record.count, chart, record.hold)
    lacking = [float(part) for part in record.missing.split(",") if part]
    missing = {each.index for each in drawings if any(abs(each.time - time) < timing.SAME_TIME for time in lacking)}
    return Chart(tuple(drawings), round(compat.content_start(strip)) - 1, frozenset(missing))


def unit_px(context: Any) -> int:
    """Height of a button, as Blender reckons it: in single precision, halves upwards."""
    system = context.preferences.system
    return int(np.float32(18) * np.float32(system.ui_scale) + np.float32(0.5)) + 2 * int(system.pixel_size)


def icon(context: Any, chart: Chart, units: float) -> int:
    """The icon that shows `chart` at `units` of a button's height, as crisp as the screen is; 0 without a window.

    To be drawn with `template_icon(…, scale=units)` where there is room for all of it.
    """
    global _icons
    if bpy.app.background:
        return 0  # nobody looks
    system = context.preferences.system
    side_px = int((units - _PADDING) * unit_px(context))
    look = ChartStyle(side_px, side_px, float(system.ui_scale), *_colours(context))
    key = chart, look
    if key not in _painted:
        if _icons is None:
            _icons = bpy.utils.previews.new()
        if len(_painted) < _KEPT:
            name = str(len(_painted))
            _icons.new(name)
        else:
            _, name = _painted.popitem(last=False)
        _fill(_icons[name], chart_picture.paint(chart, look))
        _painted[key] = name
    _painted.move_to_end(key)
    return int(_icons[_painted[key]].icon_id)


def close() -> None:
    """Free all pictures."""
    global _icons
    _painted.clear()
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None


def _fill(preview: Any, pixels: chart_picture.Pixels) -> None:
    """Blender keeps pictures of icons from the lowest row up, alpha premultiplied."""
    height, width, _ = pixels.shape
    pixels = pixels[::-1].copy()
    pixels[..., :3] *= pixels[..., 3:]
    preview.image_size = width, height
    preview.image_pixels_float.foreach_set(np.ravel(pixels))


def _colours(context: Any) -> tuple[Colour, Colour]:
    """Of words in the theme, and for what is missing that of a changed setting, nearer to the words so that it can be
    told from a light background too."""
    ink = compat.label_colour()
    changed = context.preferences.themes[0].user_interface.wcol_state.inner_changed
    red, green, blue = (0.7 * hint + 0.3 * word for hint, word in zip(changed, ink, strict=False))
    return (*ink, 1.0), (red, green, blue, 1.0)
