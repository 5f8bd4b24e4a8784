# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of the active strip, a row for each; and a submenu for the takes of all selected strips. Draws only."""

from __future__ import annotations

from typing import Any

import bpy

from ... import compat
from ...edit import selection, strip_takes
from ...i18n.translate import rpt
from ...settings import strip_record
from .. import take_labels
from .method import draw_method
from .sidebar import SidebarPanel

_STATE_ICONS = {strip_record.WAITING: "TIME", strip_record.ASKING: "QUESTION", strip_record.INCOMPLETE: "ERROR"}
MOST_ROWS = 60
_STATE_UNITS = 4.0  # width of the column with states


class FCVG_PT_takes(SidebarPanel):
    """Which take the strip shows, how far each is, which is pinned."""

    bl_idname = "FCVG_PT_takes"
    bl_parent_id = "FCVG_PT_strip"
    bl_label = "Takes"
    bl_order = 0

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        record = selection.inbetweens(context).fcvg
        every = strip_takes.all_of(record)
        if len(record.others) or record.yours:
            queue = {item.take: item.fraction for item in context.window_manager.fcvg.queue}
            column = layout.column(align=True)
            for take in every[:MOST_ROWS]:
                _draw_take(column, record, take, queue.get(take.id, 0.0))
            if len(every) > MOST_ROWS:
                column.label(text=rpt("And {count} more.").format(count=len(every) - MOST_ROWS))
        if any(take.yours for take in every):
            layout.operator("fcvg.redo_yours", icon="BRUSH_DATA")
        draw_method(context, layout, compat.sequencer_scene(context).fcvg)
        row = layout.row(align=True)
        row.operator("fcvg.new_take", icon="ADD")
        if len(record.others):
            row.operator("fcvg.next_take", text="", icon="TRIA_LEFT").by = -1
            row.operator("fcvg.next_take", text="", icon="TRIA_RIGHT").by = 1
        row.operator("fcvg.copy_recipe", text="", icon="COPYDOWN")


class FCVG_MT_takes(bpy.types.Menu):
    """What can be done with the takes of all selected strips of inbetweens."""

    bl_idname = "FCVG_MT_takes"
    bl_label = "Takes"

    def draw(self, _context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("fcvg.new_take", icon="ADD")
        layout.separator()
        layout.operator("fcvg.next_take", text="Next Take", icon="TRIA_RIGHT").by = 1
        layout.operator("fcvg.next_take", text="Previous Take", icon="TRIA_LEFT").by = -1
        layout.separator()
        layout.operator("fcvg.pin_take", icon="PINNED")
        layout.operator("fcvg.copy_recipe", icon="COPYDOWN")
        layout.operator("fcvg.delete_take", icon="TRASH")


def _draw_take(layout: Any, record: Any, take: Any, fraction: float) -> None:
    """Draw the row of a take. `fraction`: how much of it is made while it is being made, in [0, 1]."""
    is_shown = take.number == record.number
    row = layout.row(align=True)
    left = row.row(align=True)
    left.alignment = "LEFT"
    icon = "RADIOBUT_ON" if is_shown else "RADIOBUT_OFF"
    left.operator("fcvg.show_take", text=take_labels.title(record, take), icon=icon, emboss=False).number = take.number
    right = row.row(align=True)
    right.alignment = "RIGHT"
    words = take_labels.state(record, take, fraction)
    if take.state == strip_record.RUNNING:
        bar = right.row()
        bar.ui_units_x = _STATE_UNITS
        bar.progress(factor=fraction, text=words)
    elif words or take.state in _STATE_ICONS:
        right.label(text=words, icon=_STATE_ICONS.get(take.state, "NONE"))
    if take.yours:
        right.label(text=take_labels.yours(take), icon="BRUSH_DATA")
    pin = "PINNED" if is_shown and record.pinned else "UNPINNED"
    right.operator("fcvg.pin_take", text="", icon=pin, emboss=False).number = take.number
    right.operator("fcvg.delete_take", text="", icon="X", emboss=False).number = take.number


CLASSES = (FCVG_PT_takes, FCVG_MT_takes)
