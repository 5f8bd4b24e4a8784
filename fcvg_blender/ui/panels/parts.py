"""What several panels of the sequencer draw: the tab itself, the method, what is being made, what went wrong."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import registry
from ...i18n.translate import mark, rpt, translate_sentence
from ...settings import addon_choices, enum_items
from ...takes import commercial_use
from .. import preferences_engine
from ..text_layout import paragraph, room_px, text_box, wrapped

UNIT_PX = 20  # height of a button, at scale 1


class SidebarPanel(bpy.types.Panel):
    """Placed in the sidebar of every view of the sequencer: timeline, preview and both."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Inbetween"


def draw_method(context: Any, layout: Any, settings: Any) -> Any:
    """The choice of the method, and what stands in its way; the column for what belongs to it."""
    column = _choices(layout)
    column.prop(settings, "method")
    if _draw_licence(context, layout, settings) or _draw_needs(context, layout, settings.method):
        return _choices(layout)
    return column


def draw_answers(row: Any, take_id: str) -> None:
    """What can be said to a take that asks about a cut."""
    for answer, text in (("MAKE", mark("Make Anyway")), ("LEAVE_OUT", mark("Leave Out"))):
        button = row.operator("fcvg.answer_cut", text=text)
        button.take, button.answer = take_id, answer


def draw_work(context: Any, layout: Any) -> None:
    """What is being made, and what went wrong."""
    status = context.window_manager.fcvg
    for job in status.jobs:
        if not job.queued:
            _draw_job(context, layout, job)
    if status.error_message:
        _draw_error(context, layout, status)


def _choices(layout: Any) -> Any:
    """A column of names with values beside them."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def _draw_licence(context: Any, layout: Any, settings: Any) -> bool:
    """Why the method may not be used while only commercial-safe models may; whether that is so."""
    if not addon_choices.read(context).commercial_only:
        return False
    reason = commercial_use.reason(enum_items.engine_word(settings.method))
    if reason:
        text_box(context, layout, reason, commercial_use.HINT, icon="CANCEL")
    return bool(reason)


def _draw_needs(context: Any, layout: Any, method: str) -> bool:
    """What the method still needs, by the engine's own account; whether there is something to say."""
    status = context.window_manager.fcvg
    word, label = (
        enum_items.engine_word(method),
        next(label for name, label, *_ in enum_items.METHODS if name == method),
    )
    if not enum_items.needs_download(word):
        return False
    running = [each for each in status.chores if each.name in registry.needs()[word]]
    for chore in running:
        box = layout.box().column()
        paragraph(box, wrapped(context, chore.title), "IMPORT")
        preferences_engine.draw_chore(box, status, chore.name)
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
        box.separator()
        row = box.row(align=True)
        row.operator("fcvg.get_models", icon="IMPORT")
        row.operator("fcvg.check_models", text="Check Again", icon="FILE_REFRESH")
    return bool(lacking)


def _draw_job(context: Any, layout: Any, job: Any) -> None:
    box = layout.box().column(align=True)
    row = box.row()
    row.label(text=job.name, icon="SEQ_STRIP_DUPLICATE")
    row.operator("fcvg.cancel", text="", icon="X", emboss=False).job = job.id
    done = f"{job.fraction:.0%}"
    stage = translate_sentence(job.stage)
    fits = len(wrapped(context, f"{stage}  {done}")) == 1
    box.progress(factor=job.fraction, text=f"{stage}  {done}" if fits else done)
    if not fits:
        paragraph(box, wrapped(context, stage))
    if job.sheet:
        box.template_icon(
            icon_value=job.sheet, scale=room_px(context) / (UNIT_PX * context.preferences.system.ui_scale)
        )
    if job.sheet_step or job.eta:
        row = box.row()
        row.label(text=job.sheet_step)
        right = row.row()
        right.alignment = "RIGHT"
        right.label(text=job.eta)


def _draw_error(context: Any, layout: Any, status: Any) -> None:
    box = text_box(context, layout, status.error_message, status.error_hint, icon="ERROR", alert=True)
    box.separator()
    row = box.row(align=True)
    row.operator("fcvg.copy_report", text="Copy Report", icon="COPYDOWN")
    row.operator("fcvg.open_log", text="Open Log", icon="TEXT")
    row.operator("fcvg.dismiss_error", text="", icon="X")
