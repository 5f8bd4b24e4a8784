"""What the panel of the active inbetweens says of changed keys, and what can be done with single frames. Draws only."""

from __future__ import annotations

from typing import Any

from . import compat, watch
from .texts import text_box


def draw(context: Any, layout: Any, strip: Any) -> None:
    """The box and the buttons for a strip of inbetweens, to be drawn inside the panel of the active one."""
    message, hint = watch.sentence(compat.sequencer_scene(context), strip)
    if message:
        text_box(context, layout, message, hint, icon="ERROR", alert=True)
    layout.operator("fcvg.regenerate", icon="FILE_REFRESH")
    row = layout.row(align=True)
    row.operator("fcvg.promote_to_key", icon="KEYFRAME_HLT")
    row.operator("fcvg.redo_range", text="Redo Range…", icon="ARROW_LEFTRIGHT")
