# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences' section *Engine*: what is installed, what can be done about it, and the doctor. Draws only."""

from __future__ import annotations

from typing import Any

from ..i18n.translate import translate_sentence
from ..tasks import engine_state
from .command_boxes import draw_notes, draw_online, draw_progress, draw_trouble
from .text_layout import PREFERENCES_MARGIN_PX, lines, paragraph, room_px

_ICONS = {
    engine_state.NONE: "IMPORT",
    engine_state.CURRENT: "CHECKMARK",
    engine_state.OUTDATED: "FILE_REFRESH",
    engine_state.BROKEN: "ERROR",
    engine_state.EXTERNAL: "LINKED",
}
_FINDINGS = {"ok": "CHECKMARK", "info": "INFO", "warning": "ERROR", "error": "CANCEL"}


def draw(context: Any, layout: Any, engine_python: str) -> None:
    """Draw the whole section. `engine_python`: the artist's own engine, '' for the one that is installed."""
    status = context.window_manager.fcvg
    state = engine_state.read_state(engine_python)
    box = layout.box().column()
    running = next((each for each in status.chores if each.name in {"engine", "plan"}), None)
    if running is not None:
        box.label(text=running.title, icon="IMPORT")
        draw_progress(box, status, running.name)
    else:
        _draw_state(context, box, state)
        _draw_verbs(context, box, state)
    draw_notes(context, box, status.install_notes)
    draw_trouble(context, box, status, "engine")
    row = layout.row()
    row.alignment = "RIGHT"
    if not any(each.name == "engine" for each in status.troubles):  # the box of a failure has these buttons too
        row.operator("fcvg.open_install_log", icon="TEXT")
        row.operator("fcvg.copy_install_report", icon="COPYDOWN")
    row.operator("fcvg.free_downloads", icon="TRASH")
    _draw_doctor(context, layout, status, state)


def _draw_state(context: Any, layout: Any, state: engine_state.EngineState) -> None:
    """Draw which engine there is, and whether it can be used."""
    unusable = state.python is None and state.kind != engine_state.NONE
    paragraph(layout, _lines(context, state.text), "ERROR" if unusable else _ICONS[state.kind], alert=unusable)
    if state.kind != engine_state.NONE:  # without an engine the hint is the button below
        paragraph(layout, _lines(context, state.hint), "BLANK1", dimmed=True)


def _draw_verbs(context: Any, layout: Any, state: engine_state.EngineState) -> None:
    """Draw what can be done about an engine in this state."""
    if state.kind == engine_state.EXTERNAL:
        row = layout.row()
        if state.python is not None:
            row.operator("fcvg.test_engine", icon="PLAY")
        if not state.chosen:
            row.operator("fcvg.install_engine", icon="IMPORT")
        return
    if state.kind == engine_state.NONE:
        draw_online(context, layout, PREFERENCES_MARGIN_PX)
        row = layout.row()
        row.scale_y = 1.6
        row.operator("fcvg.install_engine", icon="IMPORT")
        return
    row = layout.row()
    if state.kind == engine_state.OUTDATED:
        row.operator("fcvg.update_engine", icon="FILE_REFRESH")
    if state.python is not None:
        row.operator("fcvg.test_engine", icon="PLAY")
    row.operator("fcvg.repair_engine", icon="TOOL_SETTINGS")
    row.operator("fcvg.install_engine", text="Change", icon="PREFERENCES")
    row.operator("fcvg.remove_engine", icon="TRASH")


def _draw_doctor(context: Any, layout: Any, status: Any, state: engine_state.EngineState) -> None:
    """Draw the doctor's box: its button, its progress, and what it has found."""
    box = layout.box().column()
    row = box.row()
    row.label(text="Doctor", icon="VIEWZOOM")
    if draw_progress(box, status, "doctor"):
        return
    buttons = row.row()
    buttons.alignment = "RIGHT"
    buttons.active = state.python is not None
    buttons.operator("fcvg.run_doctor", icon="PLAY")
    if status.findings:
        buttons.operator("fcvg.copy_doctor_report", icon="COPYDOWN")
    if status.engine_state:
        paragraph(box, _lines(context, status.engine_state), "INFO")
    draw_trouble(context, box, status, "doctor")
    _draw_findings(context, box, status.findings)


def _draw_findings(context: Any, box: Any, findings: Any) -> None:
    """Draw what the doctor has found: the likeliest mistakes first, then the table of all findings."""
    if findings and all(each.state in {"ok", "info"} and not each.is_mistake for each in findings):
        paragraph(box, ["All is well."], "CHECKMARK")
    for finding in findings:
        if finding.is_mistake:
            paragraph(box, _lines(context, finding.text), "ERROR", alert=True)
            paragraph(box, _lines(context, finding.hint), "BLANK1", dimmed=True)
    found = box.column(align=True)
    for finding in findings:
        if not finding.is_mistake:
            split = found.split(factor=0.25)
            split.label(text=translate_sentence(finding.subject), icon=_FINDINGS.get(finding.state, "INFO"))
            column = split.column(align=True)
            width_px = 0.75 * room_px(context, PREFERENCES_MARGIN_PX)
            paragraph(column, lines(context, finding.text, width_px))
            paragraph(column, lines(context, finding.hint, width_px), dimmed=True)


def _lines(context: Any, text: str) -> list[str]:
    """Return `text` in lines that fit a box of the preferences."""
    return lines(context, text, room_px(context, PREFERENCES_MARGIN_PX))
