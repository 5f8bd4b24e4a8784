# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in layouts. Blender's labels cut long text off, so it is broken into lines that fit."""

from __future__ import annotations

from typing import Any

import blf

from ..i18n.translate import translate_sentence

# What is not there for the lines of a text, at scale 1.
BARE_MARGIN_PX = 54  # in a sidebar: tabs and panel borders
SIDE_MARGIN_PX = 92  # in a box of a sidebar: tabs, panel borders, box borders and an icon
PREFERENCES_MARGIN_PX = 120  # in a box of the preferences

LONGEST = 4000  # letters of a text


def text_box(
    context: Any,
    layout: Any,
    text: str,
    hint: str = "",
    icon: str = "NONE",
    alert: bool = False,
    margin_px: float = SIDE_MARGIN_PX,
) -> Any:
    """Draw a box with `text` beside `icon` and `hint` below it, in lines as wide as the region. Return its column.

    Nothing is dimmed, because words in boxes are grey already in a light theme.
    """
    box = layout.box().column(align=True)
    paragraph(box, lines(context, text, room_px(context, margin_px)), icon, alert)
    paragraph(box, lines(context, hint, room_px(context, margin_px)), "BLANK1")
    return box


def paragraph(layout: Any, parts: list[str], icon: str = "NONE", alert: bool = False, dimmed: bool = False) -> None:
    """Draw lines below each other, the first beside `icon`."""
    for number, line in enumerate(parts):
        row = layout.row()
        row.alert = alert
        row.active = not dimmed
        row.label(text=line, icon=icon if number == 0 or icon == "NONE" else "BLANK1")


def fact(context: Any, layout: Any, name: str, text: str, width_px: float, icon: str = "NONE") -> None:
    """Draw a row of a table that is `width_px` wide: a name, and `text` in as many lines as it takes. Without text,
    draw nothing."""
    if not text:
        return
    split = layout.split(factor=0.2)
    left = split.row()
    left.alignment = "RIGHT"
    left.active = False
    left.label(text=name)
    paragraph(split.column(align=True), lines(context, text, 0.78 * width_px), icon)


def room_px(context: Any, margin_px: float = SIDE_MARGIN_PX) -> float:
    """Return the width of the region in pixels of the screen, less `margin_px`, which is given at scale 1."""
    scale = context.preferences.system.ui_scale
    return float(max(context.region.width - margin_px * scale, 60 * scale))


def wrapped(context: Any, text: str) -> list[str]:
    """Return `text` in lines that fit a box of the sidebar."""
    return lines(context, text, room_px(context))


def lines(context: Any, text: str, width_px: float) -> list[str]:
    """Return `text` in the artist's language, in lines of at most `width_px`. A longer word has a line of its own. A
    text without end is cut."""
    preferences = context.preferences
    blf.size(0, preferences.ui_styles[0].widget.points * preferences.system.ui_scale)
    found: list[str] = []
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} …"
    for word in translate_sentence(text).split():
        longer = f"{found[-1]} {word}" if found else word
        if found and blf.dimensions(0, longer)[0] <= width_px:
            found[-1] = longer
        else:
            found.append(word)
    return found
