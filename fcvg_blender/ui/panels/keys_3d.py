"""The Inbetween tab of the 3D view's and the dope sheet's sidebars. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors
from ...i18n.translate import iface, mark, plural, rpt
from ...keys_3d import edit_scene, key_frames
from ...settings import enum_items, keys_3d, strip_record
from ..text_layout import paragraph, text_box, wrapped
from .queue import draw_failure, draw_question


def _draw(layout: Any, context: Any) -> None:
    """What will be rendered, the choices, the button; then what runs and how it went."""
    scene, status = context.scene, keys_3d.status()
    choices, settings = scene.fcvg.stills, edit_scene.settings(context, scene)
    try:
        frames = key_frames.chosen(context, scene)
    except errors.FcvgError as problem:
        text_box(context, layout, problem.message, problem.hint, icon="INFO")
    else:
        method = enum_items.method_label(enum_items.engine_word(settings.method))
        text_box(context, layout, key_frames.sentence(frames, method), icon="RENDER_ANIMATION")

    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
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
    _draw_queue(context, layout, context.window_manager.fcvg)
    _draw_error(context, layout)


def _draw_progress(context: Any, layout: Any, status: Any) -> None:
    """How far the keys are rendered."""
    box = layout.box().column(align=True)
    row = box.row(align=True)
    number = rpt("Rendering key {number} of {count}").format(number=status.number, count=status.total)
    row.progress(factor=status.fraction, text=number)
    row.operator("fcvg.cancel_stills", text="", icon="X")
    hint = mark("Stopping after this key") if status.stopping else mark("Esc stops at once")
    paragraph(box, wrapped(context, hint))


def _draw_queue(context: Any, layout: Any, status: Any) -> None:
    """What becomes of the inbetweens: how far they are, or why they are no farther."""
    asking = [item for item in status.queue if item.state == strip_record.ASKING]
    failed = [item for item in status.queue if item.state == strip_record.INCOMPLETE]
    waits = sum(item.state == strip_record.WAITING for item in status.queue)
    if status.paused and waits:
        gaps = plural("1 gap waits.", "{count} gaps wait.", waits).format(count=waits)
        box = text_box(context, layout, "The queue is paused.", gaps, icon="PAUSE")
        box.separator()
        row = box.row(align=True)
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


def _draw_error(context: Any, layout: Any) -> None:
    status = context.window_manager.fcvg
    if status.error_message:
        box = text_box(context, layout, status.error_message, status.error_hint, icon="ERROR", alert=True)
        box.separator()
        row = box.row(align=True)
        row.operator("fcvg.copy_report", text="Copy Report", icon="COPYDOWN")
        row.operator("fcvg.dismiss_error", text="", icon="X")


class FCVG_PT_keyframes_3d(bpy.types.Panel):
    """In the 3D view."""

    bl_idname = "FCVG_PT_keyframes_3d"
    bl_label = "Inbetween"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Inbetween"

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        _draw(self.layout, context)


class FCVG_PT_keyframes_dopesheet(bpy.types.Panel):
    """In the dope sheet."""

    bl_idname = "FCVG_PT_keyframes_dopesheet"
    bl_label = "Inbetween"
    bl_space_type = "DOPESHEET_EDITOR"
    bl_region_type = "UI"
    bl_category = "Inbetween"

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        _draw(self.layout, context)


CLASSES = (FCVG_PT_keyframes_3d, FCVG_PT_keyframes_dopesheet)

_MENUS = ("VIEW3D_MT_object_animation", "DOPESHEET_MT_key")


def _draw_menu(self: Any, _context: Any) -> None:
    self.layout.separator()
    self.layout.operator("fcvg.inbetween_keyframes", icon="RENDER_ANIMATION")


def register() -> None:
    """Add the entries to Blender's own menus; their search finds them there."""
    for name in _MENUS:
        getattr(bpy.types, name).append(_draw_menu)


def unregister() -> None:
    """Take them away again."""
    for name in _MENUS:
        getattr(bpy.types, name).remove(_draw_menu)
