# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of the Inbetween tab: what is made in which order, what asks, what has failed. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import selection
from ...i18n.translate import plural, rpt, translate_sentences
from ...settings import menu_choices, strip_record
from ..layout_parts import unit_px
from ..text_layout import room_px, text_box
from .sidebar import SidebarPanel
from .strip import FCVG_PT_strip
from .work import draw_failure, draw_question

ROWS = 5  # at rest; an artist pulls the list longer
_MOST_LEFT_OUT = 3  # sentences
_METHOD_UNITS = 11  # a list this wide has room for the method beside the keys
_LONGEST = 12  # letters of a method that fit there

_ICONS = {
    strip_record.RUNNING: "PLAY",
    strip_record.ASKING: "QUESTION",
    strip_record.WAITING: "BLANK1",
    strip_record.INCOMPLETE: "ERROR",
}


class FCVG_UL_queue(bpy.types.UIList):
    """Takes that are being made, ask, wait or have failed."""

    bl_idname = "FCVG_UL_queue"

    def draw_item(
        self,
        context: Any,
        layout: Any,
        _data: Any,
        item: Any,
        _icon: int | None,
        _active_data: Any,
        _active_property: str | None,
        _index: int | None,
        _filter: int | None,
    ) -> None:
        """Blender calls this."""
        row = layout.row(align=True)
        name = row.row()
        name.alert = item.state == strip_record.INCOMPLETE
        take = f"  {item.number}" if item.number > 1 else ""
        name.label(text=item.name + take, icon=_ICONS.get(item.state, "BLANK1"))
        is_running = item.state == strip_record.RUNNING
        has_room = room_px(context) > _METHOD_UNITS * unit_px(context)
        if is_running or has_room:
            right = row.row(align=True)
            right.ui_units_x = 5 if has_room else 2.5
            if is_running:
                right.progress(factor=item.fraction, text=f"{item.fraction:.0%}")
            else:
                label = menu_choices.method_label(item.method)
                right.label(text=label if len(label) <= _LONGEST else item.method.upper())
        row.operator("fcvg.cancel", text="", icon="X", emboss=False).take = item.take


class FCVG_PT_queue(SidebarPanel):
    """Shown at the top while more than one strip of inbetweens is to be made, or a take asks or has failed."""

    bl_idname = "FCVG_PT_queue"
    bl_label = "Queue"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        status = context.window_manager.fcvg
        wants = {strip_record.ASKING, strip_record.INCOMPLETE}
        several = len(status.queue) > 1 or any(item.state in wants for item in status.queue)
        return several or bool(status.left_out) or (status.paused and len(status.queue) > 0)

    def draw_header_preset(self, context: Any) -> None:
        """Blender calls this."""
        status = context.window_manager.fcvg
        if status.queue_total:
            layout: Any = self.layout
            row = layout.row()
            row.active = False
            how_far = rpt("Paused, {made} of {count}") if status.paused else rpt("{made} of {count}")
            row.label(text=how_far.format(made=status.queue_done, count=status.queue_total))

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        status = context.window_manager.fcvg
        asking = [item for item in status.queue if item.state == strip_record.ASKING]
        if len(asking) > 1 or (asking and asking[0].take != _asked_below(context)):
            draw_question(context, layout, asking)
        if len(status.queue):
            _draw_list(layout, status)
        chosen = status.queue[status.queue_row] if 0 <= status.queue_row < len(status.queue) else None
        if chosen is not None and chosen.state == strip_record.INCOMPLETE:
            draw_failure(context, layout, chosen)
        if status.left_out:
            _draw_left_out(context, layout, status.left_out.split("\n"))


def _asked_below(context: Any) -> str:
    """Return the id of the take that the panel of the active inbetweens shows, which may ask there; '' without it."""
    return str(selection.inbetweens(context).fcvg.id) if FCVG_PT_strip.poll(context) else ""


def _draw_list(layout: Any, status: Any) -> None:
    """Draw the list, the buttons that change its order, and those for all of it."""
    row = layout.row()
    row.template_list("FCVG_UL_queue", "", status, "queue", status, "queue_row", rows=ROWS)
    column = row.column(align=True)
    for direction, icon in (("FIRST", "TRIA_UP_BAR"), ("UP", "TRIA_UP"), ("DOWN", "TRIA_DOWN")):
        column.operator("fcvg.move_in_queue", text="", icon=icon).direction = direction
    if 0 <= status.queue_row < len(status.queue):
        column.separator()
        show = column.operator("fcvg.show_gap", text="", icon="ZOOM_SELECTED")
        show.take = status.queue[status.queue_row].take
    row = layout.row(align=True)
    if status.paused:
        row.operator("fcvg.pause_queue", text="Go On", icon="PLAY")
    else:
        row.operator("fcvg.pause_queue", text="Pause", icon="PAUSE")
    row.operator("fcvg.cancel_all", text="Cancel All", icon="X")


def _draw_left_out(context: Any, layout: Any, sentences: list[str]) -> None:
    """Draw how many pairs were left out, and why the first few were."""
    more = len(sentences) - _MOST_LEFT_OUT
    shown = [*sentences[:_MOST_LEFT_OUT], rpt("And {count} more.").format(count=more) if more > 0 else ""]
    pairs = plural("1 pair was left out.", "{count} pairs were left out.", len(sentences))
    box = text_box(context, layout, pairs.format(count=len(sentences)), translate_sentences(shown), icon="INFO")
    box.separator()
    box.operator("fcvg.dismiss_left_out", text="Dismiss")


CLASSES = (FCVG_UL_queue, FCVG_PT_queue)
