# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the active strip: what made the take that it shows. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

from ...edit import selection
from ...i18n.translate import mark, rpt
from ...settings import menu_choices
from ...takes import commercial_use
from ..layout_parts import UNIT_PX
from ..text_layout import BARE_MARGIN_PX, lines, paragraph, room_px, text_box
from .sidebar import SidebarPanel

_NAMES = 0.3  # of the width, for the names
_HOLDS = {1: mark("on ones"), 2: mark("on twos"), 3: mark("on threes")}  # after a comma


class FCVG_PT_record(SidebarPanel):
    """What the strip remembers of the take that it shows."""

    bl_idname = "FCVG_PT_record"
    bl_parent_id = "FCVG_PT_strip"
    bl_label = "Record"
    bl_order = 9
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        record = selection.inbetweens(context).fcvg
        for name, value in _remembered(record):
            split = layout.split(factor=_NAMES)
            row = split.row()
            row.alignment = "RIGHT"
            row.active = False
            row.label(text=name)
            room = (1 - _NAMES) * room_px(context, BARE_MARGIN_PX) - UNIT_PX
            paragraph(split.column(align=True), lines(context, value, room))
        for notes in filter(None, (record.key_notes, record.notes)):
            text_box(context, layout, notes, icon="INFO")


def _remembered(record: Any) -> list[tuple[str, str]]:
    """Return names and values, those without a value left out."""
    asked, used = (menu_choices.method_label(name) for name in (record.method, record.method_used))
    hold = next((label for _, label, _, frames in menu_choices.HOLDS if frames == record.hold), "")
    timing = menu_choices.label_of(menu_choices.TIMINGS, record.timing)
    held = _HOLDS.get(record.hold)
    rows = [
        (mark("Method"), f"{used} ({asked.lower()})" if used and used != asked else asked),
        (mark("Timing"), rpt(hold) if "," in timing else f"{timing}, {rpt(held)}" if held else timing),
        (mark("Seed"), str(record.seed)),
        (mark("Format"), menu_choices.label_of(menu_choices.FORMATS, record.format)),
        (mark("Models"), ", ".join(commercial_use.recalled(record.models))),
        (mark("Engine"), record.engine_version),
    ]
    return [(name, value) for name, value in rows if value]


CLASSES = (FCVG_PT_record,)
