# SPDX-License-Identifier: GPL-3.0-or-later
"""Dialogs of operators: how they are opened, how wide they are, and the rows of their tables."""

from __future__ import annotations

from typing import Any

from ..jobs.operator_result import Result
from . import text_layout

WIDTH_PX = 560
NARROW_PX = 300  # for two numbers
_MARGIN_PX = 50


def invoke_props_dialog(operator: Any, context: Any, width: int = WIDTH_PX, **words: str) -> Result:
    """Open a dialog with what the operator's `draw` shows; its button executes the operator. `words`: title and
    confirm_text, as Blender takes them."""
    result: Result = context.window_manager.invoke_props_dialog(operator, width=width, **words)
    return result


def invoke_confirm(operator: Any, context: Any, event: Any, **words: str) -> Result:
    """Ask whether the operator is to be executed. `words`: title, message and confirm_text, as Blender takes them."""
    result: Result = context.window_manager.invoke_confirm(operator, event, **words)
    return result


def invoke_popup(operator: Any, context: Any) -> Result:
    """Open what the operator's `draw` shows, to be read only."""
    result: Result = context.window_manager.invoke_popup(operator, width=WIDTH_PX)
    return result


def room_px(context: Any) -> float:
    """Return the width of the lines in a dialog, in pixels of the screen."""
    return float((WIDTH_PX - _MARGIN_PX) * context.preferences.system.ui_scale)


def wrapped(context: Any, text: str) -> list[str]:
    """Return `text` in lines that fit a dialog."""
    return text_layout.lines(context, text, room_px(context))


def fact(context: Any, layout: Any, name: str, text: str) -> None:
    """Draw a row of a dialog's table."""
    text_layout.fact(context, layout, name, text, room_px(context))
