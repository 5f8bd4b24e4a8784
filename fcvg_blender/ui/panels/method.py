# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of the method, for the next inbetweens and for another take; and what stands in its way."""

from __future__ import annotations

from typing import Any

from ...engine import registry
from ...i18n.translate import rpt
from ...settings import addon_choices, menu_choices
from ...takes import commercial_use
from ..command_boxes import draw_progress
from ..layout_parts import button_row, names_beside
from ..text_layout import paragraph, text_box, wrapped


def draw_method(context: Any, layout: Any, settings: Any) -> Any:
    """Draw the choice of the method, and what stands in its way. Return the column for what belongs to it."""
    column = names_beside(layout.column())
    column.prop(settings, "method")
    if _draw_licence(context, layout, settings) or _draw_needs(context, layout, settings.method):
        return names_beside(layout.column())  # below what stands in its way
    return column


def _draw_licence(context: Any, layout: Any, settings: Any) -> bool:
    """Draw why the method may not be used while only commercial-safe models may. Return whether that is so."""
    if not addon_choices.read(context).commercial_only:
        return False
    reason = commercial_use.reason(menu_choices.engine_word(settings.method))
    if reason:
        text_box(context, layout, reason, commercial_use.HINT, icon="CANCEL")
    return bool(reason)


def _draw_needs(context: Any, layout: Any, method: str) -> bool:
    """Draw what the method still needs, as the engine has said. Return whether it needs something."""
    status = context.window_manager.fcvg
    word = menu_choices.engine_word(method)
    if not menu_choices.needs_download(word):
        return False
    label = menu_choices.method_label(word)
    running = [each for each in status.chores if each.name in registry.needs()[word]]
    for chore in running:
        box = layout.box().column()
        paragraph(box, wrapped(context, chore.title), "IMPORT")
        draw_progress(box, status, chore.name)
    if running:
        return True
    if not status.greeted:
        box = text_box(
            context, layout, rpt("{method} needs model files. Are they there?").format(method=label), icon="QUESTION"
        )
        box.separator()
        box.operator("fcvg.check_models", text="Check")
        return True
    lacking = next((need.text for need in status.lacking if need.name == word), "")
    if lacking:
        box = text_box(context, layout, rpt("{method} cannot be used yet.").format(method=label), lacking, icon="ERROR")
        row = button_row(box)
        row.operator("fcvg.get_models", icon="IMPORT")
        row.operator("fcvg.check_models", text="Check Again", icon="FILE_REFRESH")
    return bool(lacking)
