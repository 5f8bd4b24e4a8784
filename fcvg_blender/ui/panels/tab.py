"""The Inbetween tab of the sequencer's sidebar, a sign in its header, entries in its menus. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

import bpy

from ... import compat
from ...edit import gaps
from ...engine import errors
from ...i18n.translate import iface, mark, rpt, translate_sentence, translate_sentences
from ...jobs import look_first
from ...settings import addon_choices, enum_items
from ...tasks import engine_state
from .. import preferences_engine
from ..text_layout import BARE_MARGIN_PX, SIDE_MARGIN_PX, lines, paragraph, room_px, text_box, wrapped
from .parts import SidebarPanel, draw_method, draw_work
from .presets import FCVG_PT_presets
from .strip import FCVG_PT_record, FCVG_PT_strip, only_inbetweens


class FCVG_PT_inbetween(SidebarPanel):
    """What will happen, the choices that matter now, the button; then what runs and what went wrong"""

    bl_idname = "FCVG_PT_inbetween"
    bl_label = "Inbetween"

    def draw_header_preset(self, _context: Any) -> None:
        """Blender calls this."""
        FCVG_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        _draw_engine(context, layout)
        if only_inbetweens(context):
            words = mark("To fill another gap, select two strips.")
            paragraph(layout.column(align=True), lines(context, words, room_px(context, BARE_MARGIN_PX)), dimmed=True)
        else:
            _draw_next(context, layout)
            draw_work(context, layout)


class FCVG_PT_output(SidebarPanel):
    """What is written."""

    bl_idname = "FCVG_PT_output"
    bl_parent_id = "FCVG_PT_inbetween"
    bl_label = "Output"
    bl_order = 4
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = compat.sequencer_scene(context).fcvg
        layout.prop(settings, "format", text="Format")
        layout.prop(settings, "cuts")


def _draw_next(context: Any, layout: Any) -> None:
    """What the button will do, and the button."""
    scene = compat.sequencer_scene(context)
    settings = scene.fcvg
    strips = compat.selected_strips(context)
    chain = None
    try:
        chain = gaps.chain(scene, strips, settings)
        for shot in chain.shots:
            settings.engine_timing(shot.count, shot.first - 1, shot.last + 1)
    except errors.FcvgError as problem:
        message, hint = problem.message, problem.hint
        if len(strips) == 1 and strips[0].fcvg.overlay:  # as after each preview
            message, hint = mark("These are conditions."), mark("To make inbetweens, select two strips.")
        text_box(context, layout, message, hint, icon="INFO")
        touching = len(strips) > 1
    else:
        method = enum_items.method_label(enum_items.engine_word(settings.method))
        text_box(
            context,
            layout,
            gaps.sentence(chain, method),
            translate_sentences(chain.left_out[:2]),
            icon="RENDER_ANIMATION",
        )
        touching = any(shot.placement != gaps.GAP for shot in chain.shots)

    column = draw_method(context, layout, settings)
    if settings.is_generative():
        column.prop(settings, "draft_first")
    if touching:
        column.prop(settings, "placement")
        column.prop(settings, "count", text="Frames")
        if settings.placement == "PUSH":
            column.prop(settings, "push_markers")
    row = layout.row(align=True)
    row.scale_y = 1.6
    row.operator("fcvg.generate_inbetweens", icon="RENDER_ANIMATION")
    row.operator("fcvg.preflight", text="", icon="VIEWZOOM")
    if chain is not None and len(chain.shots) == 1:
        known = context.window_manager.fcvg.preflight
        if known.about == look_first.about(chain.shots[0], settings):
            _draw_preflight(context, layout, known, enum_items.engine_word(settings.method))


def _draw_engine(context: Any, layout: Any) -> None:
    """What stands between the artist and a working engine; nothing when it works."""
    status = context.window_manager.fcvg
    state = engine_state.read_state(addon_choices.read(context).engine_python)
    running = next((each for each in status.chores if each.name in {"engine", "plan"}), None)
    failed = any(each.name == "engine" for each in status.troubles)
    if running is None and not failed and state.kind in {engine_state.CURRENT, engine_state.EXTERNAL}:
        return
    if failed and running is None:
        preferences_engine.draw_trouble(context, layout, status, "engine", SIDE_MARGIN_PX)
        if state.kind in {engine_state.CURRENT, engine_state.EXTERNAL}:
            return
    box = layout.box().column()
    if running is not None:
        paragraph(box, wrapped(context, running.title), "IMPORT")
        preferences_engine.draw_chore(box, status, running.name)
        return
    if state.kind == engine_state.OUTDATED:
        row = box.row()
        row.label(text="The engine is outdated.", icon="FILE_REFRESH")
        row.operator("fcvg.update_engine", text="Update")
    elif state.kind == engine_state.NONE:
        paragraph(box, wrapped(context, state.text), "IMPORT")
        if preferences_engine.draw_online(context, box, SIDE_MARGIN_PX):
            row = box.row()
            row.scale_y = 1.6
            row.operator("fcvg.install_engine", icon="IMPORT")
    elif state.kind == engine_state.BROKEN:
        paragraph(box, wrapped(context, state.text), "ERROR", alert=True)
        box.row().operator("fcvg.repair_engine", icon="TOOL_SETTINGS")


def _draw_preflight(context: Any, layout: Any, known: Any, chosen: str) -> None:
    """What is known of the selected pair, for which the method `chosen` (the engine's word) is set."""
    if known.running:
        row = layout.row()
        row.active = False
        row.label(text="Looking at the keys …", icon="VIEWZOOM")
    elif known.sentence:
        icon = {"ok": "CHECKMARK", "warning": "ERROR"}.get(known.state, "CANCEL")
        hint = "" if known.reason in known.sentence else known.reason
        if hint and known.suggested and chosen not in {known.suggested, "auto"}:
            hint = rpt("Suggested: {method}").format(method=translate_sentence(hint))
        box = text_box(context, layout, known.sentence, hint, icon=icon, alert=known.state != "ok")
        if len(known.estimates):
            box.popover("FCVG_PT_estimates", text="Compare Methods", icon="TIME")


class FCVG_PT_estimates(bpy.types.Panel):
    """Time and memory of each method for the pair that was looked at"""

    bl_idname = "FCVG_PT_estimates"
    bl_label = "What Each Method Would Take"
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "HEADER"
    bl_options = {"INSTANCED"}
    bl_ui_units_x = 20

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        known = context.window_manager.fcvg.preflight
        for each in known.estimates:
            row = layout.row()
            row.active = each.usable
            row.label(text=each.label, icon="SOLO_ON" if each.name == known.suggested else "BLANK1")
            row.label(text=each.seconds)
            row.label(text=each.memory)
        row = layout.row()
        row.active = False
        row.label(text="Dimmed: lacks its models, or needs more memory than is free.")


def _draw_menu(self: Any, _context: Any) -> None:
    self.layout.separator()
    self.layout.operator("fcvg.generate_inbetweens", icon="RENDER_ANIMATION")


def _draw_header(self: Any, context: Any) -> None:
    """For artists who work with the sidebar closed; in the timeline's header only."""
    if context.space_data.view_type == "PREVIEW":
        return
    status = context.window_manager.fcvg
    if status.queue_total > 1:
        row = self.layout.row(align=True)
        row.ui_units_x = 9
        done, total = status.queue_done, status.queue_total
        row.progress(factor=done / total, text=f"{iface('Inbetweens')} {done}/{total}")
        row.operator("fcvg.cancel_all", text="", icon="X")
    elif status.jobs:
        job = status.jobs[0]
        row = self.layout.row(align=True)
        row.ui_units_x = 9
        row.progress(factor=job.fraction, text=f"{iface('Inbetweens')} {job.fraction:.0%}")
        row.operator("fcvg.cancel", text="", icon="X").job = job.id
    elif status.error_message:
        row = self.layout.row(align=True)
        row.alert = True
        panel = FCVG_PT_strip if only_inbetweens(context) else FCVG_PT_inbetween
        row.popover(panel.bl_idname, text="Inbetweens", icon="ERROR")


# In the order in which the tab shows them.
CLASSES = (FCVG_PT_strip, FCVG_PT_record, FCVG_PT_estimates, FCVG_PT_inbetween, FCVG_PT_output)


_ADDITIONS = (
    ("SEQUENCER_MT_strip", _draw_menu),
    ("SEQUENCER_MT_context_menu", _draw_menu),
    ("SEQUENCER_HT_header", _draw_header),
)


def register() -> None:
    """Add the entries to Blender's own menus and the sign to the sequencer's header."""
    for name, draw in _ADDITIONS:
        getattr(bpy.types, name).append(draw)


def unregister() -> None:
    """Take them away again."""
    for name, draw in _ADDITIONS:
        getattr(bpy.types, name).remove(draw)
