# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Inbetween tab says of the engine while it is missing, outdated, broken or being installed. Draws only."""

from __future__ import annotations

from typing import Any

from ...settings import addon_choices
from ...tasks import engine_state
from ..command_boxes import draw_online, draw_progress, draw_trouble
from ..text_layout import SIDE_MARGIN_PX, paragraph, wrapped


def draw_engine(context: Any, layout: Any) -> None:
    """Draw what stands between the artist and a working engine, if anything does."""
    status = context.window_manager.fcvg
    state = engine_state.read_state(addon_choices.read(context).engine_python)
    running = next((each for each in status.chores if each.name in {"engine", "plan"}), None)
    failed = any(each.name == "engine" for each in status.troubles)
    if running is None and not failed and state.kind in {engine_state.CURRENT, engine_state.EXTERNAL}:
        return
    if failed and running is None:
        draw_trouble(context, layout, status, "engine", SIDE_MARGIN_PX)
        if state.kind in {engine_state.CURRENT, engine_state.EXTERNAL}:
            return
    box = layout.box().column()
    if running is not None:
        paragraph(box, wrapped(context, running.title), "IMPORT")
        draw_progress(box, status, running.name)
        return
    if state.kind == engine_state.OUTDATED:
        row = box.row()
        row.label(text="The engine is outdated.", icon="FILE_REFRESH")
        row.operator("fcvg.update_engine", text="Update")
    elif state.kind == engine_state.NONE:
        paragraph(box, wrapped(context, state.text), "IMPORT")
        if draw_online(context, box, SIDE_MARGIN_PX):
            row = box.row()
            row.scale_y = 1.6
            row.operator("fcvg.install_engine", icon="IMPORT")
    elif state.kind == engine_state.BROKEN:
        paragraph(box, wrapped(context, state.text), "ERROR", alert=True)
        box.row().operator("fcvg.repair_engine", icon="TOOL_SETTINGS")
