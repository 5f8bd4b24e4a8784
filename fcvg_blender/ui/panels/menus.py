# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries in Blender's own menus, and a sign in the sequencer's header. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

import bpy

from ...edit import selection
from ...i18n.translate import iface
from .strip import FCVG_PT_strip, only_inbetweens
from .tab import FCVG_PT_inbetween


def _draw_generate(self: Any, _context: Any) -> None:
    self.layout.separator()
    self.layout.operator("fcvg.generate_inbetweens", icon="RENDER_ANIMATION")


def _draw_keyframes(self: Any, _context: Any) -> None:
    self.layout.separator()
    self.layout.operator("fcvg.inbetween_keyframes", icon="RENDER_ANIMATION")


def _draw_takes(self: Any, context: Any) -> None:
    """Draw the submenu of takes, and what else can be done with selected inbetweens."""
    if selection.selected(context):
        self.layout.menu("FCVG_MT_takes")
        self.layout.operator("fcvg.regenerate", icon="FILE_REFRESH")
        self.layout.operator("fcvg.promote_to_key", icon="KEYFRAME_HLT")
        self.layout.operator("fcvg.redo_range", text="Redo Range…", icon="ARROW_LEFTRIGHT")


def _draw_header(self: Any, context: Any) -> None:
    """Draw progress and errors for artists who work with the sidebar closed; in the timeline's header only."""
    if context.space_data.view_type == "PREVIEW":
        return
    status = context.window_manager.fcvg
    if status.queue_total > 1:
        row = self.layout.row(align=True)
        row.ui_units_x = 9
        done, total = status.queue_done, status.queue_total
        row.progress(factor=done / total, text=f"{iface('Inbetweens')} {done}/{total}")
        row.operator("fcvg.cancel_all", text="", icon="X")
    elif status.jobs:
        job = status.jobs[0]
        row = self.layout.row(align=True)
        row.ui_units_x = 9
        row.progress(factor=job.fraction, text=f"{iface('Inbetweens')} {job.fraction:.0%}")
        row.operator("fcvg.cancel", text="", icon="X").job = job.id
    elif status.error_message:
        row = self.layout.row(align=True)
        row.alert = True
        panel = FCVG_PT_strip if only_inbetweens(context) else FCVG_PT_inbetween
        row.popover(panel.bl_idname, text="Inbetweens", icon="ERROR")


# Blender's menu → what is drawn at its end; in this order where there are several.
_ADDITIONS = (
    ("SEQUENCER_MT_strip", _draw_generate),
    ("SEQUENCER_MT_context_menu", _draw_generate),
    ("SEQUENCER_HT_header", _draw_header),
    ("SEQUENCER_MT_strip", _draw_takes),
    ("SEQUENCER_MT_context_menu", _draw_takes),
    ("VIEW3D_MT_object_animation", _draw_keyframes),
    ("DOPESHEET_MT_key", _draw_keyframes),
)


def register() -> None:
    """Add the entries. Blender's menu search finds those that are operators."""
    for name, draw in _ADDITIONS:
        getattr(bpy.types, name).append(draw)


def unregister() -> None:
    """Take the entries away again."""
    for name, draw in _ADDITIONS:
        getattr(bpy.types, name).remove(draw)
