# SPDX-License-Identifier: GPL-3.0-or-later
"""The active strip of inbetweens: how far it is, whether its keys have changed, what can be done. Draws only."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import gaps, selection
from ...engine import plain_text
from ...i18n.translate import plural, rpt
from ...jobs import key_watcher
from ...settings import strip_record
from ..layout_parts import UNIT_PX, button_row, unit_px
from ..text_layout import BARE_MARGIN_PX, lines, paragraph, room_px, text_box
from .sidebar import SidebarPanel
from .work import draw_answers, draw_work

_BUTTONS_UNITS = 11  # a panel this wide has room for two buttons beside each other


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
            draw_answers(button_row(box), record.id)
        elif record.error:
            text_box(context, layout, record.error, icon="ERROR", alert=True)
        if record.error and record.state == strip_record.INCOMPLETE:
            layout.operator("fcvg.resume", text="Resume", icon="PLAY")
        if only_inbetweens(context):
            draw_work(context, layout)
        _draw_changed(context, layout, strip)
        if record.made and record.state not in strip_record.UNFINISHED:
            _draw_single_frames(context, layout)


def only_inbetweens(context: Any) -> bool:
    """Return whether only inbetweens are selected, the active strip among them. Its panel is what matters then."""
    chosen = [strip for strip in compat.selected_strips(context) if strip.type != "SOUND"]
    return FCVG_PT_strip.poll(context) and all(map(gaps.is_inbetweens, chosen))


def _draw_title(context: Any, layout: Any, record: Any) -> None:
    """Draw between which keys it lies, how far it is, and icons for what is done with the whole strip."""
    keys, frames = plain_text.sentence(f"{record.key_start} → {record.key_end}"), _frames(record)
    is_idle = record.state not in strip_record.UNFINISHED and not record.stale
    # An icon in this row and not a button of its own, which would push the chart below it away from the mouse.
    is_part = record.state == strip_record.INCOMPLETE and not record.error
    room = room_px(context, BARE_MARGIN_PX + (2 + is_idle + is_part) * UNIT_PX)
    column = layout.column(align=True)
    if len(lines(context, f"{keys}, {frames}", room)) == 1:
        frames = f"{keys}, {frames}"
    else:
        paragraph(column, lines(context, keys, room_px(context, BARE_MARGIN_PX)))
    row = column.row(align=True)
    row.label(text=frames)
    if is_part:
        row.operator("fcvg.resume", text="", icon="PLAY")
    if is_idle:
        row.operator("fcvg.regenerate", text="", icon="FILE_REFRESH")
    row.operator("fcvg.open_folder", text="", icon="FILE_FOLDER")
    row.operator("fcvg.remove_inbetweens", text="", icon="TRASH")
    more = len(selection.selected(context)) - 1
    if more > 0:  # the buttons are for them too
        paragraph(column, [rpt("and {count} more selected").format(count=more)])


def _frames(record: Any) -> str:
    """Return how many frames the shown take has, and how many of them are made."""
    if record.state == strip_record.WAITING:
        text = plural("1 frame, waiting", "{count} frames, waiting", record.count)
    elif (record.state != strip_record.RUNNING and record.made == record.count) or record.state == strip_record.ASKING:
        text = plural("1 frame", "{count} frames", record.count)
    else:
        text = plural("{made} of 1 frame", "{made} of {count} frames", record.count)
    return text.format(made=record.made, count=record.count)


def _draw_changed(context: Any, layout: Any, strip: Any) -> None:
    """Draw that the keys of the strip have changed, if they have, and the button that makes it anew."""
    message, hint = key_watcher.sentence(compat.sequencer_scene(context), strip)
    if message:
        box = text_box(context, layout, message, hint, icon="ERROR", alert=True)
        box.separator()
        box.operator("fcvg.regenerate", icon="FILE_REFRESH")


def _draw_single_frames(context: Any, layout: Any) -> None:
    """Draw what can be done with single frames of the strip: beside each other where there is room."""
    fits = room_px(context) > _BUTTONS_UNITS * unit_px(context)
    row = layout.row(align=True) if fits else layout.column(align=True)
    row.operator("fcvg.promote_to_key", icon="KEYFRAME_HLT")
    row.operator("fcvg.redo_range", text="Redo Range…", icon="ARROW_LEFTRIGHT")


CLASSES = (FCVG_PT_strip,)
