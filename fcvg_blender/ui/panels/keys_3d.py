# SPDX-License-Identifier: GPL-3.0-or-later
"""The Inbetween tab in the sidebars of the 3D view and of the dope sheet. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...i18n.translate import iface, mark, plural, rpt
from ...keys_3d import edit_scene, key_frames
from ...settings import keys_3d, menu_choices, strip_record
from ..layout_parts import button_row, names_beside
from ..text_layout import paragraph, text_box, wrapped
from .work import draw_error, draw_failure, draw_question


def _draw(layout: Any, context: Any) -> None:
    """Draw what will be rendered, the choices, the button; then what runs and how it went."""
    scene, status = context.scene, keys_3d.status()
    choices, settings = scene.fcvg.stills, edit_scene.settings(context, scene)
    try:
        frames = key_frames.chosen(context, scene)
    except errors.FcvgError as problem:
        text_box(context, layout, problem.message, problem.hint, icon="INFO")
    else:
        method = menu_choices.method_label(menu_choices.engine_word(settings.method))
        text_box(context, layout, key_frames.sentence(frames, method), icon="RENDER_ANIMATION")

    column = names_beside(layout.column())
    column.prop(choices, "source")
    if choices.source == keys_3d.TYPED:
        column.prop(choices, "frames")
    column.prop(choices, "look")
    column.prop(settings, "method")
    column.prop(choices, "edit", placeholder=iface("Automatic"))

    if status.total:
        _draw_progress(context, layout, status)
    else:
        row = layout.row()
        row.scale_y = 1.6
        row.operator("fcvg.inbetween_keyframes", icon="RENDER_ANIMATION")
        if status.outcome:
            text_box(context, layout, status.outcome, icon="INFO")
    queue = context.window_manager.fcvg
    _draw_queue(context, layout, queue)
    if queue.error_message:
        draw_error(context, layout, queue, has_log=False)


def _draw_progress(context: Any, layout: Any, status: Any) -> None:
    """Draw how many of the keys are rendered, and the button that stops it."""
    box = layout.box().column(align=True)
    row = box.row(align=True)
    number = rpt("Rendering key {number} of {count}").format(number=status.number, count=status.total)
    row.progress(factor=status.fraction, text=number)
    row.operator("fcvg.cancel_stills", text="", icon="X")
    hint = mark("Stopping after this key") if status.stopping else mark("Esc stops at once")
    paragraph(box, wrapped(context, hint))


def _draw_queue(context: Any, layout: Any, status: Any) -> None:
    """Draw how far the inbetweens are, or why they do not go on."""
    asking = [item for item in status.queue if item.state == strip_record.ASKING]
    failed = [item for item in status.queue if item.state == strip_record.INCOMPLETE]
    waits = sum(item.state == strip_record.WAITING for item in status.queue)
    if status.paused and waits:
        gaps = plural("1 gap waits.", "{count} gaps wait.", waits).format(count=waits)
        box = text_box(context, layout, "The queue is paused.", gaps, icon="PAUSE")
        row = button_row(box)
        row.operator("fcvg.pause_queue", text="Go On", icon="PLAY")
        row.operator("fcvg.cancel_all", text="Cancel All", icon="X")
    elif status.queue_total > 1:
        row = layout.row(align=True)
        done, total = status.queue_done, status.queue_total
        gaps = rpt("Inbetweens: {made} of {count} gaps").format(made=done, count=total)
        row.progress(factor=done / total, text=gaps)
        row.operator("fcvg.cancel_all", text="", icon="X")
    else:
        for job in status.jobs:
            row = layout.row(align=True)
            row.progress(factor=job.fraction, text=f"{job.name}  {job.fraction:.0%}")
            row.operator("fcvg.cancel", text="", icon="X").job = job.id
    if asking:
        draw_question(context, layout, asking)
    elif failed:
        draw_failure(context, layout, failed[0])


class _KeyframesPanel(bpy.types.Panel):
    """The same panel in the sidebars of two editors."""

    bl_label = "Inbetween"
    bl_region_type = "UI"
    bl_category = "Inbetween"

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        _draw(self.layout, context)


class FCVG_PT_keyframes_3d(_KeyframesPanel):
    """In the 3D view."""

    bl_idname = "FCVG_PT_keyframes_3d"
    bl_space_type = "VIEW_3D"


class FCVG_PT_keyframes_dopesheet(_KeyframesPanel):
    """In the dope sheet."""

    bl_idname = "FCVG_PT_keyframes_dopesheet"
    bl_space_type = "DOPESHEET_EDITOR"


CLASSES = (FCVG_PT_keyframes_3d, FCVG_PT_keyframes_dopesheet)
