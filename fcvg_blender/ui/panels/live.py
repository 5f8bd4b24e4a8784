"""What the panel of the active inbetweens says of changed keys, and what can be done with single frames. Draws only."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...jobs import change_watcher
from ...settings import strip_record
from .. import chart_icons
from ..text_layout import room_px, text_box

_BUTTONS_UNITS = 11  # of room for two buttons beside each other


def draw(context: Any, layout: Any, strip: Any) -> None:
    """The box and the buttons for a strip of inbetweens, to be drawn inside the panel of the active one."""
    message, hint = change_watcher.sentence(compat.sequencer_scene(context), strip)
    if message:
        box = text_box(context, layout, message, hint, icon="ERROR", alert=True)
        box.separator()
        box.operator("fcvg.regenerate", icon="FILE_REFRESH")
    if strip.fcvg.made and strip.fcvg.state not in strip_record.UNFINISHED:
        fits = room_px(context) > _BUTTONS_UNITS * chart_icons.unit_px(context)
        row = layout.row(align=True) if fits else layout.column(align=True)
        row.operator("fcvg.promote_to_key", icon="KEYFRAME_HLT")
        row.operator("fcvg.redo_range", text="Redo Range…", icon="ARROW_LEFTRIGHT")
