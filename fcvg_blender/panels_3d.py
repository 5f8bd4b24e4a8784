"""The Inbetween tab of the 3D view's and the dope sheet's sidebars. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

import bpy

from . import properties, scene_keys, still_edit, still_settings
from .engine import errors
from .texts import text_box, wrapped


def _draw(layout: Any, context: Any) -> None:
    """What will be rendered, the choices, the button; then what runs and how it went."""
    scene, status = context.scene, still_settings.status()
    choices, settings = scene.fcvg.stills, still_edit.settings(context, scene)
    try:
        frames = scene_keys.chosen(context, scene)
    except errors.FcvgError as problem:
        text_box(context, layout, problem.message, problem.hint, icon="INFO")
    else:
        method = properties.method_label(properties.engine_word(settings.method))
        text_box(context, layout, scene_keys.sentence(frames, method), icon="RENDER_ANIMATION")

    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(choices, "source")
    if choices.source == still_settings.TYPED:
        column.prop(choices, "frames")
    column.prop(choices, "look")
    column.prop(settings, "method")
    column.prop(choices, "edit")

    if status.total:
        _draw_progress(context, layout, status)
    else:
        row = layout.row()
        row.scale_y = 1.6
        row.operator("fcvg.inbetween_keyframes", icon="RENDER_ANIMATION")
        if status.outcome:
            text_box(context, layout, status.outcome, icon="INFO")
    for job in context.window_manager.fcvg.jobs:
        row = layout.row(align=True)
        row.progress(factor=job.fraction, text=f"{job.name}  {job.fraction:.0%}")
        row.operator("fcvg.cancel", text="", icon="X").job = job.id
    _draw_error(context, layout)


def _draw_progress(context: Any, layout: Any, status: Any) -> None:
    box = layout.box().column(align=True)
    row = box.row(align=True)
    row.progress(factor=status.fraction, text=f"Rendering key {status.number} of {status.total}")
    row.operator("fcvg.cancel_stills", text="", icon="X")
    hint = "Stopping after this key" if status.stopping else "Esc stops at once"
    for line in wrapped(context, hint):
        row = box.row()
        row.active = False
        row.label(text=line)


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
