# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands beside the edit, as panels and preferences show them: progress, failure, notes, and online access."""

from __future__ import annotations

from typing import Any

import bpy

from ..i18n.translate import mark, translate_sentence
from .layout_parts import button_row
from .text_layout import PREFERENCES_MARGIN_PX, lines, paragraph, room_px, text_box

OFFLINE = mark("Blender may not use the internet yet. You can adjust this later in the System preferences.")
OFFLINE_FOR_GOOD = mark("Blender was started in offline mode. Start it without --offline-mode.")


def draw_progress(layout: Any, status: Any, key: str) -> bool:
    """Draw the bar of the command with this key, and the button that stops it. Return whether it runs."""
    chore = next((each for each in status.chores if each.name == key), None)
    if chore is None:
        return False
    column = layout.column(align=True)
    row = column.row(align=True)
    row.progress(factor=chore.fraction, text=f"{translate_sentence(chore.stage)}  {chore.fraction:.0%}")
    row.operator("fcvg.cancel_chore", text="", icon="X").key = key
    paragraph(column, [chore.words], dimmed=True)
    return True


def draw_trouble(context: Any, layout: Any, status: Any, key: str, margin_px: float = PREFERENCES_MARGIN_PX) -> None:
    """Draw why the newest command with this key has failed, if it has."""
    trouble = next((each for each in status.troubles if each.name == key), None)
    if trouble is None:
        return
    box = text_box(context, layout, trouble.message, trouble.hint, "ERROR", alert=True, margin_px=margin_px)
    row = button_row(box)
    row.operator("fcvg.copy_install_report", icon="COPYDOWN")
    row.operator("fcvg.open_install_log", icon="TEXT")
    row.operator("fcvg.dismiss_trouble", text="", icon="X").key = key


def draw_notes(context: Any, layout: Any, notes: str) -> None:
    """Draw the notes of a command, which are separated by line ends, in the preferences."""
    for note in filter(None, notes.split("\n")):
        paragraph(layout, lines(context, note, room_px(context, PREFERENCES_MARGIN_PX)), "INFO", dimmed=True)


def draw_online(context: Any, layout: Any, margin_px: float) -> bool:
    """Draw how to allow online access, where Blender has none. Return whether it has."""
    if bpy.app.online_access:
        return True
    for_good = bpy.app.online_access_override
    text = OFFLINE_FOR_GOOD if for_good else OFFLINE
    paragraph(layout, lines(context, text, room_px(context, margin_px)), "INTERNET_OFFLINE")
    if not for_good:
        row = layout.row()
        row.scale_y = 1.4
        row.operator("fcvg.allow_online", icon="CHECKMARK")
    return False
