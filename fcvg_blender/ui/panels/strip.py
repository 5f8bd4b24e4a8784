"""The active strip of inbetweens: how it stands, what can be done with it, what it remembers. Draws only."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import gaps, selection
from ...i18n.translate import mark, plural, rpt
from ...settings import enum_items, strip_record
from ...takes import commercial_use
from ..text_layout import BARE_MARGIN_PX, lines, paragraph, room_px, text_box
from . import live
from .parts import UNIT_PX, SidebarPanel, draw_answers, draw_work

_NAMES = 0.3  # of the width of the record
_HOLDS = {1: mark("on ones"), 2: mark("on twos"), 3: mark("on threes")}  # after a comma


class FCVG_PT_strip(SidebarPanel):
    """The active strip of inbetweens: how it stands, and what can be done with it"""

    bl_idname = "FCVG_PT_strip"
    bl_label = "Active Inbetweens"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        strip = selection.inbetweens(context)
        return strip is not None and strip.select

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        strip = selection.inbetweens(context)
        record = strip.fcvg
        _draw_title(context, layout, record)
        if record.state == strip_record.ASKING:
            box = text_box(context, layout, record.error, icon="QUESTION")
            box.separator()
            draw_answers(box.row(align=True), record.id)
        elif record.error:
            text_box(context, layout, record.error, icon="ERROR", alert=True)
        if record.error and record.state == strip_record.INCOMPLETE:
            layout.operator("fcvg.resume", text="Resume", icon="PLAY")
        if only_inbetweens(context):
            draw_work(context, layout)
        live.draw(context, layout, strip)


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
        if record.notes:
            text_box(context, layout, record.notes, icon="INFO")


def only_inbetweens(context: Any) -> bool:
    """Whether nothing but inbetweens is selected, the active ones among them: their panel says what matters then."""
    chosen = [strip for strip in compat.selected_strips(context) if strip.type != "SOUND"]
    return FCVG_PT_strip.poll(context) and all(map(gaps.is_inbetweens, chosen))


def _draw_title(context: Any, layout: Any, record: Any) -> None:
    """Between which keys, how many frames; what is done with all of them, as icons."""
    keys, standing = f"{record.key_start} → {record.key_end}", _standing(record)
    is_idle = record.state not in strip_record.UNFINISHED and not record.stale
    # No button of its own, which would move the chart from under the mouse of who tries several timings.
    is_part = record.state == strip_record.INCOMPLETE and not record.error
    room = room_px(context, BARE_MARGIN_PX + (2 + is_idle + is_part) * UNIT_PX)
    column = layout.column(align=True)
    if len(lines(context, f"{keys}, {standing}", room)) == 1:
        standing = f"{keys}, {standing}"
    else:
        paragraph(column, lines(context, keys, room_px(context, BARE_MARGIN_PX)))
    row = column.row(align=True)
    row.label(text=standing)
    if is_part:
        row.operator("fcvg.resume", text="", icon="PLAY")
    if is_idle:
        row.operator("fcvg.regenerate", text="", icon="FILE_REFRESH")
    row.operator("fcvg.open_folder", text="", icon="FILE_FOLDER")
    row.operator("fcvg.remove_inbetweens", text="", icon="TRASH")
    more = len(selection.selected(context)) - 1
    if more > 0:  # buttons mean them too
        paragraph(column, [rpt("and {count} more selected").format(count=more)])


def _standing(record: Any) -> str:
    """How far the shown take has come."""
    if record.state == strip_record.WAITING:
        text = plural("1 frame, waiting", "{count} frames, waiting", record.count)
    elif (record.state != strip_record.RUNNING and record.made == record.count) or record.state == strip_record.ASKING:
        text = plural("1 frame", "{count} frames", record.count)
    else:
        text = plural("{made} of 1 frame", "{made} of {count} frames", record.count)
    return text.format(made=record.made, count=record.count)


def _remembered(record: Any) -> list[tuple[str, str]]:
    asked, used = (enum_items.method_label(name) for name in (record.method, record.method_used))
    hold = next(label for _, label, _, frames in enum_items.HOLDS if frames == record.hold)
    timing = _label(enum_items.TIMINGS, record.timing)
    rows = [
        (mark("Method"), f"{used} ({asked.lower()})" if used and used != asked else asked),
        (mark("Timing"), rpt(hold) if "," in timing else f"{timing}, {rpt(_HOLDS[record.hold])}"),
        (mark("Seed"), str(record.seed)),
        (mark("Format"), _label(enum_items.FORMATS, record.format)),
        (mark("Models"), ", ".join(commercial_use.recalled(record.models))),
        (mark("Engine"), record.engine_version),
    ]
    return [(name, value) for name, value in rows if value]


def _label(items: list[tuple[str, str, str, int]], word: str) -> str:
    """What the artist calls what the engine calls `word`; the word itself where it is a chart or of another version."""
    return rpt(next((label for name, label, _, _ in items if enum_items.engine_word(name) == word), word))
