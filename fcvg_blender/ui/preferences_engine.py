"""The preferences' section *Engine*: what is installed, what can be done about it, and the doctor. Draws only."""

from __future__ import annotations

from typing import Any

import bpy

from ..i18n.translate import mark, translate_sentence
from ..tasks import engine_state
from .text_layout import lines, paragraph, room_px, text_box

MARGIN_PX = 120  # what the preferences' window keeps free beside the lines of a box, at scale 1
OFFLINE = mark("Blender may not use the internet yet. You can adjust this later in the System preferences.")
OFFLINE_FOR_GOOD = mark("Blender was started in offline mode. Start it without --offline-mode.")

_ICONS = {
    engine_state.NONE: "IMPORT",
    engine_state.CURRENT: "CHECKMARK",
    engine_state.OUTDATED: "FILE_REFRESH",
    engine_state.BROKEN: "ERROR",
    engine_state.EXTERNAL: "LINKED",
}
_FINDINGS = {"ok": "CHECKMARK", "info": "INFO", "warning": "ERROR", "error": "CANCEL"}


def draw(context: Any, layout: Any, engine_python: str) -> None:
    """The whole section."""
    status = context.window_manager.fcvg
    state = engine_state.read_state(engine_python)
    box = layout.box().column()
    running = next((each for each in status.chores if each.name in {"engine", "plan"}), None)
    if running is not None:
        box.label(text=running.title, icon="IMPORT")
        draw_chore(box, status, running.name)
    else:
        _draw_state(context, box, state)
        _draw_verbs(context, box, state)
    draw_notes(context, box, status.install_notes)
    draw_trouble(context, box, status, "engine")
    row = layout.row()
    row.alignment = "RIGHT"
    if not any(each.name == "engine" for each in status.troubles):  # whose box has them too
        row.operator("fcvg.open_install_log", icon="TEXT")
        row.operator("fcvg.copy_install_report", icon="COPYDOWN")
    row.operator("fcvg.free_downloads", icon="TRASH")
    _draw_doctor(context, layout, status, state)


def draw_chore(layout: Any, status: Any, key: str) -> bool:
    """The bar of the command with this key, with what stops it; whether it runs."""
    chore = next((each for each in status.chores if each.name == key), None)
    if chore is None:
        return False
    column = layout.column(align=True)
    row = column.row(align=True)
    row.progress(factor=chore.fraction, text=f"{translate_sentence(chore.stage)}  {chore.fraction:.0%}")
    row.operator("fcvg.cancel_chore", text="", icon="X").key = key
    row = column.row()
    row.active = False
    row.label(text=chore.words)
    return True


def draw_notes(context: Any, layout: Any, notes: str) -> None:
    """What a command had to say, a note a line."""
    for note in filter(None, notes.split("\n")):
        paragraph(layout, _lines(context, note), "INFO", dimmed=True)


def draw_trouble(context: Any, layout: Any, status: Any, key: str, margin_px: float = MARGIN_PX) -> None:
    """Why the newest command with this key has failed; nothing when it has not."""
    trouble = next((each for each in status.troubles if each.name == key), None)
    if trouble is None:
        return
    box = text_box(context, layout, trouble.message, trouble.hint, "ERROR", alert=True, margin_px=margin_px)
    box.separator()
    row = box.row(align=True)
    row.operator("fcvg.copy_install_report", icon="COPYDOWN")
    row.operator("fcvg.open_install_log", icon="TEXT")
    row.operator("fcvg.dismiss_trouble", text="", icon="X").key = key


def draw_online(context: Any, layout: Any, margin_px: float) -> bool:
    """The way to online access where Blender has none; whether it has."""
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


def _draw_state(context: Any, layout: Any, state: engine_state.EngineState) -> None:
    unusable = state.python is None and state.kind != engine_state.NONE
    paragraph(layout, _lines(context, state.text), "ERROR" if unusable else _ICONS[state.kind], alert=unusable)
    if state.kind != engine_state.NONE:  # whose button is below
        paragraph(layout, _lines(context, state.hint), "BLANK1", dimmed=True)


def _draw_verbs(context: Any, layout: Any, state: engine_state.EngineState) -> None:
    if state.kind == engine_state.EXTERNAL:
        row = layout.row()
        if state.python is not None:
            row.operator("fcvg.test_engine", icon="PLAY")
        if not state.chosen:
            row.operator("fcvg.install_engine", icon="IMPORT")
        return
    if state.kind == engine_state.NONE:
        draw_online(context, layout, MARGIN_PX)
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
    box = layout.box().column()
    row = box.row()
    row.label(text="Doctor", icon="VIEWZOOM")
    if draw_chore(box, status, "doctor"):
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
    if status.findings and all(each.state in {"ok", "info"} and not each.is_mistake for each in status.findings):
        paragraph(box, ["All is well."], "CHECKMARK")
    for finding in status.findings:
        if finding.is_mistake:
            paragraph(box, _lines(context, finding.text), "ERROR", alert=True)
            paragraph(box, _lines(context, finding.hint), "BLANK1", dimmed=True)
    found = box.column(align=True)
    for finding in status.findings:
        if not finding.is_mistake:
            split = found.split(factor=0.25)
            split.label(text=translate_sentence(finding.subject), icon=_FINDINGS.get(finding.state, "INFO"))
            column = split.column(align=True)
            width_px = 0.75 * room_px(context, MARGIN_PX)
            paragraph(column, lines(context, finding.text, width_px))
            paragraph(column, lines(context, finding.hint, width_px), dimmed=True)


def _lines(context: Any, text: str) -> list[str]:
    return lines(context, text, room_px(context, MARGIN_PX))
