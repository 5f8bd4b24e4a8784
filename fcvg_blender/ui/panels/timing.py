# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections of the Inbetween tab with a timing chart: for the next inbetweens and for the active strip. Draw only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import compat
from ...edit import selection
from ...engine import errors, methods, protocol
from ...i18n.translate import mark, plural
from ...settings import menu_choices, strip_record
from ...takes import requests
from ...timing import spacing
from .. import chart_icons
from ..chart_picture import Chart
from ..layout_parts import names_beside, unit_px
from ..text_layout import text_box
from .sidebar import SidebarPanel

CHART_UNITS = 8.0  # as high as the column of presets beside it
_LEAST_UNITS = 5.5  # of room for words beside the chart
_MARGIN_PX = 62  # of a sidebar: tabs and panel borders, at scale 1

# Names that fit on a button; `menu_choices.TIMINGS` has the full ones.
_PRESETS = {
    "LINEAR": mark("Even"),
    "EASE_IN": mark("Slow Out"),
    "EASE_OUT": mark("Slow In"),
    "EASE_IN_OUT": mark("Slow Both Ends"),
    "FAVOUR_FIRST": mark("Favour First"),
    "FAVOUR_LAST": mark("Favour Last"),
    "ANTICIPATION": mark("Anticipation"),
}
_OWN = {spacing.TYPED: mark("Typed"), spacing.CURVE: mark("Curve"), spacing.ANIMATION: mark("Animation")}
_HOLDS = {"ONES": mark("Ones"), "TWOS": mark("Twos"), "THREES": mark("Threes")}


class FCVG_PT_timing(SidebarPanel):
    """How the drawings of the next inbetweens are spaced and held."""

    bl_idname = "FCVG_PT_timing"
    bl_parent_id = "FCVG_PT_inbetween"
    bl_label = "Timing"
    bl_order = 3
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        settings = compat.sequencer_scene(context).fcvg
        gap = selection.gap(context)
        problem: errors.FcvgError | None = None
        try:
            chart = chart_icons.of_settings(settings, gap)
        except errors.FcvgError as error:
            chart, problem = None, error

        def button(column: Any, name: str, identifier: str, text: str) -> None:
            column.prop_enum(settings, name, identifier, text=text)

        _draw_chart(context, layout, chart, button)
        if settings.timing == spacing.TYPED:
            layout.prop(settings, "times", text="")
        elif settings.timing == spacing.CURVE:
            _draw_curve(layout, settings.spacing)
        elif settings.timing == spacing.ANIMATION:
            _draw_animation(layout, settings.spacing)
        # For a selected gap, the panel above shows the problem already.
        if problem is not None and (gap is None or selection.inbetweens(context)):
            text_box(context, layout, problem.message, problem.hint, icon="INFO")


class FCVG_PT_strip_timing(SidebarPanel):
    """The same for the active strip of inbetweens: a click retimes the drawings that it has."""

    bl_idname = "FCVG_PT_strip_timing"
    bl_parent_id = "FCVG_PT_strip"
    bl_label = "Timing"
    bl_order = 1

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        strip = selection.inbetweens(context)
        record = strip.fcvg

        def button(column: Any, name: str, identifier: str, text: str) -> None:
            word = menu_choices.engine_word(identifier)
            if name == "timing":
                is_on = record.timing == word or (identifier == spacing.TYPED and record.timing not in protocol.TIMINGS)
            else:
                is_on = any(name == identifier and frames == record.hold for name, *_, frames in menu_choices.HOLDS)
            setattr(column.operator("fcvg.retime", text=text, depress=is_on), name, identifier)

        chart = chart_icons.of_strip(strip)
        _draw_chart(context, layout, chart, button)
        stand_ins, drawings = len(chart.missing), len(chart.drawings)
        if stand_ins and record.state not in strip_record.UNFINISHED:
            text_box(
                context,
                layout,
                plural(
                    "1 of {all} drawings are stand-ins: the nearest that there are.",
                    "{count} of {all} drawings are stand-ins: the nearest that there are.",
                    stand_ins,
                ).format(count=stand_ins, all=drawings),
                requests.DRAWN_TOGETHER if methods.is_generative(record.method) else "",
                icon="INFO",
            )
            row = layout.row()
            make = plural("Make 1 Drawing", "Make {count} Drawings", stand_ins).format(count=stand_ins)
            row.operator("fcvg.make_missing", text=make, icon="RENDER_ANIMATION")


def _draw_chart(context: Any, layout: Any, chart: Chart | None, button: Callable[[Any, str, str, str], None]) -> None:
    """Draw the chart with its presets beside it where there is room, else below; then other spacings and the holds.

    `button(layout, property, identifier, text)` draws the button for one value of `timing` or `hold`.
    """
    room_px = context.region.width - _MARGIN_PX * context.preferences.system.ui_scale
    room_units = room_px / unit_px(context) - CHART_UNITS
    icon = chart_icons.icon(context, chart, CHART_UNITS) if chart else 0
    beside = room_units >= _LEAST_UNITS
    top = layout.row() if beside else layout.column()
    if icon or beside:  # without a chart its place stays free, so that the buttons beside it stay where they are
        picture = top.row()
        picture.ui_units_x = CHART_UNITS
        if icon:
            picture.template_icon(icon_value=icon, scale=CHART_UNITS)
        else:
            picture.label()
    if beside:
        presets = top.column(align=True)
        presets.ui_units_x = room_units
    else:
        presets = top.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    for identifier, text in _PRESETS.items():
        button(presets, "timing", identifier, text)
    for name, items in (("timing", _OWN), ("hold", _HOLDS)):
        row = layout.row(align=True)
        for identifier, text in items.items():
            button(row, name, identifier, text)


def _draw_curve(layout: Any, settings: Any) -> None:
    """Draw the curve that spaces the drawings, for dragging its points."""
    node = spacing.curve_node(settings.curve)
    if node is not None:
        layout.template_curve_mapping(node, "mapping")


def _draw_animation(layout: Any, settings: Any) -> None:
    """Draw the choice of the animation that spaces the drawings."""
    column = names_beside(layout.column())
    column.prop(settings, "object")
    if settings.object is not None:
        column.prop(settings, "channel")
        column.prop(settings, "offset")
        column.operator("fcvg.read_timing", icon="EYEDROPPER")


CLASSES = (FCVG_PT_timing, FCVG_PT_strip_timing)
