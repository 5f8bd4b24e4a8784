"""The Inbetween tab of the sequencer's sidebar, a sign in its header, entries in its menus. Draws, decides nothing."""

from __future__ import annotations

from typing import Any

import bpy

from . import compat, engine_state, licences, panels_live, preferences, preferences_engine, preflight, properties, shots
from .engine import errors, registry
from .operators import active
from .panels_presets import FCVG_PT_presets
from .texts import SIDE_MARGIN_PX, paragraph, room_px, text_box, wrapped

UNIT_PX = 20  # height of a button, at scale 1


class SidebarPanel(bpy.types.Panel):
    """Placed in the sidebar of every view of the sequencer: timeline, preview and both."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Inbetween"


class FCVG_PT_inbetween(SidebarPanel):
    """What will happen, the choices that matter now, the button; then what runs and what went wrong."""

    bl_idname = "FCVG_PT_inbetween"
    bl_label = "Inbetween"

    def draw_header_preset(self, _context: Any) -> None:
        """Blender calls this."""
        FCVG_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        _draw_engine(context, layout)
        scene = compat.sequencer_scene(context)
        settings = scene.fcvg
        strips = compat.selected_strips(context)
        chain = None
        try:
            chain = shots.chain(scene, strips, settings)
            for shot in chain.shots:
                settings.engine_timing(shot.count, shot.first - 1, shot.last + 1)
        except errors.FcvgError as problem:
            message, hint = problem.message, problem.hint
            if len(strips) == 1 and strips[0].fcvg.id:  # as after each generation
                what = "conditions" if strips[0].fcvg.overlay else "inbetweens"
                message, hint = f"These are {what}.", "To make more, select two strips."
            text_box(context, layout, message, hint, icon="INFO")
            touching = len(strips) > 1
        else:
            method = properties.method_label(properties.engine_word(settings.method))
            text_box(
                context, layout, shots.sentence(chain, method), " ".join(chain.left_out[:2]), icon="RENDER_ANIMATION"
            )
            touching = any(shot.placement != shots.GAP for shot in chain.shots)

        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "method")
        if _draw_licence(context, layout, settings) or _draw_needs(context, layout, settings.method):
            column = layout.column()
            column.use_property_split = True
            column.use_property_decorate = False
        if settings.is_generative():
            column.prop(settings, "draft_first")
        if touching:
            column.prop(settings, "placement")
            column.prop(settings, "count")
            if settings.placement == "PUSH":
                column.prop(settings, "push_markers")
        row = layout.row(align=True)
        row.scale_y = 1.6
        row.operator("fcvg.generate_inbetweens", icon="RENDER_ANIMATION")
        row.operator("fcvg.preflight", text="", icon="VIEWZOOM")

        status = context.window_manager.fcvg
        if chain is not None and len(chain.shots) == 1:
            _draw_preflight(context, layout, status.preflight, preflight.about(chain.shots[0], settings))
        for job in status.jobs:
            if not job.queued:
                _draw_job(context, layout, job)
        if status.error_message:
            _draw_error(context, layout, status)


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


class FCVG_PT_strip(SidebarPanel):
    """The active strip of inbetweens: how it stands, and what can be done with it."""

    bl_idname = "FCVG_PT_strip"
    bl_label = "Active Inbetweens"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return active.inbetweens(context) is not None

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        strip = active.inbetweens(context)
        record = strip.fcvg
        row = layout.row()
        row.label(text=f"{record.key_start} → {record.key_end}")
        row.label(text=_standing(record))
        if record.error:
            text_box(context, layout, record.error, icon="QUESTION" if record.state == properties.ASKING else "ERROR")
        panels_live.draw(context, layout, strip)
        row = layout.row(align=True)
        if record.state == properties.INCOMPLETE:
            row.operator("fcvg.resume", text="Resume", icon="PLAY")
        row.operator("fcvg.open_folder", text="Folder", icon="FILE_FOLDER")
        row.operator("fcvg.remove_inbetweens", text="Remove", icon="TRASH")


class FCVG_PT_record(SidebarPanel):
    """What the strip remembers of the take that it shows."""

    bl_idname = "FCVG_PT_record"
    bl_parent_id = "FCVG_PT_strip"
    bl_label = "Record"
    bl_order = 9
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        record = active.inbetweens(context).fcvg
        for name, value in _remembered(record):
            row = layout.split(factor=0.35)
            name_column = row.row()
            name_column.alignment = "RIGHT"
            name_column.active = False
            name_column.label(text=name)
            row.label(text=value)
        if record.notes:
            text_box(context, layout, record.notes, icon="INFO")


def _draw_engine(context: Any, layout: Any) -> None:
    """What stands between the artist and a working engine; nothing when it works."""
    status = context.window_manager.fcvg
    state = engine_state.look(preferences.read(context).engine_python)
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


def _draw_licence(context: Any, layout: Any, settings: Any) -> bool:
    """Why the method may not be used while only commercial-safe models may; whether that is so."""
    if not preferences.read(context).commercial_only:
        return False
    reason = licences.reason(properties.engine_word(settings.method))
    if reason:
        text_box(context, layout, reason, licences.HINT, icon="CANCEL")
    return bool(reason)


def _draw_needs(context: Any, layout: Any, method: str) -> bool:
    """What the method still needs, by the engine's own account; whether there is something to say."""
    status = context.window_manager.fcvg
    word, label = (
        properties.engine_word(method),
        next(label for name, label, *_ in properties.METHODS if name == method),
    )
    if not properties.needs_download(word):
        return False
    running = [each for each in status.chores if each.name in registry.needs()[word]]
    for chore in running:
        box = layout.box().column()
        paragraph(box, wrapped(context, chore.title), "IMPORT")
        preferences_engine.draw_chore(box, status, chore.name)
    if running:
        return True
    if not status.greeted:
        box = text_box(context, layout, f"{label} needs model files. Are they there?", icon="QUESTION")
        box.separator()
        box.operator("fcvg.check_models", text="Check")
        return True
    lacking = next((need.text for need in status.lacking if need.name == word), "")
    if lacking:
        box = text_box(context, layout, f"{label} cannot be used yet.", lacking, icon="ERROR")
        box.separator()
        row = box.row(align=True)
        row.operator("fcvg.get_models", icon="IMPORT")
        row.operator("fcvg.check_models", text="Check Again", icon="FILE_REFRESH")
    return bool(lacking)


def _draw_preflight(context: Any, layout: Any, known: Any, about: str) -> None:
    """What is known of the selected pair; nothing of another."""
    if known.about != about:
        return
    if known.running:
        row = layout.row()
        row.active = False
        row.label(text="Looking at the keys …", icon="VIEWZOOM")
    elif known.sentence:
        icon = {"ok": "CHECKMARK", "warning": "ERROR"}.get(known.state, "CANCEL")
        hint = "" if known.reason in known.sentence else known.reason
        box = text_box(context, layout, known.sentence, hint, icon=icon, alert=known.state != "ok")
        if len(known.estimates):
            box.popover("FCVG_PT_estimates", text="What Each Method Would Take", icon="TIME")


class FCVG_PT_estimates(bpy.types.Panel):
    """Time and memory of each method for the pair that was looked at."""

    bl_idname = "FCVG_PT_estimates"
    bl_label = "What Each Method Would Take"
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "HEADER"
    bl_options = {"INSTANCED"}
    bl_ui_units_x = 16

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


def _draw_job(context: Any, layout: Any, job: Any) -> None:
    box = layout.box().column(align=True)
    row = box.row()
    row.label(text=job.name, icon="SEQ_STRIP_DUPLICATE")
    row.operator("fcvg.cancel", text="", icon="X", emboss=False).job = job.id
    done = f"{job.fraction:.0%}"
    fits = len(wrapped(context, f"{job.stage}  {done}")) == 1
    box.progress(factor=job.fraction, text=f"{job.stage}  {done}" if fits else done)
    for line in () if fits else wrapped(context, job.stage):
        row = box.row()
        row.active = False
        row.label(text=line)
    if job.sheet:
        box.template_icon(
            icon_value=job.sheet, scale=room_px(context) / (UNIT_PX * context.preferences.system.ui_scale)
        )
    if job.sheet_step or job.eta:
        row = box.row()
        row.active = False
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


def _standing(record: Any) -> str:
    """How far the shown take has come."""
    count = f"{record.made} of {record.count}"
    states = {
        properties.WAITING: f"{record.count}, waiting",
        properties.ASKING: f"{record.count}, asking",
        properties.RUNNING: f"Being made, {count}",
        properties.DONE: f"{record.count}" if record.made == record.count else count,
        properties.INCOMPLETE: count,
    }
    return states.get(record.state, "")


def _remembered(record: Any) -> list[tuple[str, str]]:
    asked, used = (properties.method_label(name) for name in (record.method, record.method_used))
    hold = next(label for _, label, _, frames in properties.HOLDS if frames == record.hold)
    timing = _label(properties.TIMINGS, record.timing)
    rows = [
        ("Frames", _standing(record)),
        ("Keys", f"{record.key_start} → {record.key_end}"),
        ("Method", f"{used} ({asked.lower()})" if used and used != asked else asked),
        ("Timing", f"{hold if ',' in timing else f'{timing}, {hold.lower()}'}"),
        ("Seed", str(record.seed)),
        ("Format", _label(properties.FORMATS, record.format)),
        ("Models", ", ".join(licences.recalled(record.models))),
        ("Engine", record.engine_version),
    ]
    return [(name, value) for name, value in rows if value]


def _label(items: list[tuple[str, str, str, int]], word: str) -> str:
    """What the artist calls what the engine calls `word`; the word itself where it is a chart or of another version."""
    return next((label for name, label, _, _ in items if properties.engine_word(name) == word), word)


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
        row.progress(factor=done / total, text=f"Inbetweens {done}/{total}")
        row.operator("fcvg.cancel_all", text="", icon="X")
    elif status.jobs:
        job = status.jobs[0]
        row = self.layout.row(align=True)
        row.ui_units_x = 9
        row.progress(factor=job.fraction, text=f"Inbetweens {job.fraction:.0%}")
        row.operator("fcvg.cancel", text="", icon="X").job = job.id
    elif status.error_message:
        row = self.layout.row(align=True)
        row.alert = True
        row.popover("FCVG_PT_inbetween", text="Inbetweens", icon="ERROR")


CLASSES = (FCVG_PT_estimates, FCVG_PT_inbetween, FCVG_PT_output, FCVG_PT_strip, FCVG_PT_record)


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
