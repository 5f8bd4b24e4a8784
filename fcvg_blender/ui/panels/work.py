# SPDX-License-Identifier: GPL-3.0-or-later
"""What is being made, what asks the artist, and what went wrong. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

from ...i18n.translate import iface, mark, translate_sentence
from ..layout_parts import UNIT_PX, button_row
from ..text_layout import paragraph, room_px, text_box, wrapped


def draw_work(context: Any, layout: Any) -> None:
    """Draw what is being made, and what went wrong."""
    status = context.window_manager.fcvg
    for job in status.jobs:
        if not job.queued:
            _draw_job(context, layout, job)
    if status.error_message:
        draw_error(context, layout, status)


def draw_error(context: Any, layout: Any, status: Any, has_log: bool = True) -> None:
    """Draw the newest error and what can be done about it. `has_log`: there is a button for the engine's log."""
    box = text_box(context, layout, status.error_message, status.error_hint, icon="ERROR", alert=True)
    row = button_row(box)
    row.operator("fcvg.copy_report", text="Copy Report", icon="COPYDOWN")
    if has_log:
        row.operator("fcvg.open_log", text="Open Log", icon="TEXT")
    row.operator("fcvg.dismiss_error", text="", icon="X")


def draw_answers(row: Any, take_id: str) -> None:
    """Draw the answers to a take that asks whether its keys are a cut."""
    for answer, text in (("MAKE", mark("Make Anyway")), ("LEAVE_OUT", mark("Leave Out"))):
        button = row.operator("fcvg.answer_cut", text=text)
        button.take, button.answer = take_id, answer


def draw_question(context: Any, layout: Any, asking: list[Any]) -> None:
    """Draw the question of the first take of `asking`, rows of the queue, and the answers for one and for all."""
    first = asking[0]
    box = text_box(context, layout, first.name, first.question, icon="QUESTION")
    row = button_row(box)
    draw_answers(row, first.take)
    row.operator("fcvg.show_gap", text="", icon="ZOOM_SELECTED").take = first.take
    if len(asking) > 1:
        row = box.row(align=True)
        for answer, text in (("MAKE", iface("Make All {count}")), ("LEAVE_OUT", iface("Leave Out All {count}"))):
            button = row.operator("fcvg.answer_cut", text=text.format(count=len(asking)))
            button.take, button.answer, button.for_all = first.take, answer, True


def draw_failure(context: Any, layout: Any, item: Any) -> None:
    """Draw why a take was not made, and what can be done about it. `item`: its row of the queue."""
    box = text_box(context, layout, item.name, item.question, icon="ERROR", alert=True)
    row = button_row(box)
    row.operator("fcvg.try_again", icon="FILE_REFRESH").take = item.take
    row.operator("fcvg.cancel", text="Dismiss", icon="X").take = item.take


def _draw_job(context: Any, layout: Any, job: Any) -> None:
    """Draw how far a job is, its newest picture, and when it will be done."""
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
        unit_px = UNIT_PX * context.preferences.system.ui_scale
        box.template_icon(icon_value=job.sheet, scale=room_px(context) / unit_px)
    if job.sheet_step or job.eta:
        row = box.row()
        row.label(text=job.sheet_step)
        right = row.row()
        right.alignment = "RIGHT"
        right.label(text=job.eta)
