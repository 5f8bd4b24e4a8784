# SPDX-License-Identifier: GPL-3.0-or-later
"""The Inbetween tab of the sequencer's sidebar: what the next click makes, and how it is written. Draws only."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import gap_warnings, gaps
from ...engine import errors
from ...i18n.translate import mark, translate_sentences
from ...jobs import look_first
from ...settings import menu_choices
from ..layout_parts import names_beside
from ..text_layout import BARE_MARGIN_PX, lines, paragraph, room_px, text_box
from .engine_box import draw_engine
from .method import draw_method
from .preflight import draw_preflight
from .presets import FCVG_PT_presets
from .sidebar import SidebarPanel
from .strip import only_inbetweens
from .work import draw_work


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
        draw_engine(context, layout)
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
        layout = names_beside(self.layout)
        settings = compat.sequencer_scene(context).fcvg
        layout.prop(settings, "format", text="Format")
        if settings.format != "EXR":
            layout.prop(settings, "bright_as_exr")
        layout.prop(settings, "cuts")


def _draw_next(context: Any, layout: Any) -> None:
    """Draw what the button will do, or why it cannot; the choices that matter for that; and the button."""
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
        method = menu_choices.method_label(menu_choices.engine_word(settings.method))
        text_box(
            context,
            layout,
            gaps.sentence(chain, method),
            translate_sentences([*chain.left_out[:2], *_warnings(scene, chain)]),
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
            draw_preflight(context, layout, known, menu_choices.engine_word(settings.method))


def _warnings(scene: Any, chain: gaps.Chain) -> list[str]:
    """Return what is to be known before the click: of the first shot of which there is something."""
    return next(filter(None, (gap_warnings.of_shot(scene, shot) for shot in chain.shots)), [])


CLASSES = (FCVG_PT_inbetween, FCVG_PT_output)
