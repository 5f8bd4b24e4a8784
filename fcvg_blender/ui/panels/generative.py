# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections of the Inbetween tab that only methods which draw new pictures have. Draw, decide nothing."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import conditions_strip, selection
from ...engine import methods
from ...settings import menu_choices
from ..layout_parts import names_beside
from ..text_layout import paragraph, text_box
from .sidebar import SidebarPanel


class FCVG_PT_conditions(SidebarPanel):
    """What leads the drawing, and the button that shows it over the edit."""

    bl_idname = "FCVG_PT_conditions"
    bl_parent_id = "FCVG_PT_inbetween"
    bl_label = "Conditions"
    bl_order = 1

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        method = compat.sequencer_scene(context).fcvg.method
        return methods.is_conditioned(menu_choices.engine_word(method))

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        conditions = compat.sequencer_scene(context).fcvg.conditions
        column = names_beside(layout.column())
        found = column.column()
        found.active = not conditions.matches
        found.prop(conditions, "lines")
        found.prop(conditions, "pose")
        column.prop(conditions, "matches")
        column.prop(conditions, "control_weight", slider=True)
        row = layout.row()
        row.scale_y = 1.2
        row.operator("fcvg.preview_conditions", icon="HIDE_OFF")
        strip = selection.conditions(context)
        if strip is not None and conditions_strip.is_whole(strip) and selection.overlay(context) is None:
            draw_overlay(context, layout, strip)


class FCVG_PT_overlay(SidebarPanel):
    """What can be done with the active strip of conditions."""

    bl_idname = "FCVG_PT_overlay"
    bl_label = "Active Conditions"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return selection.overlay(context) is not None

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        draw_overlay(context, self.layout, selection.overlay(context))


class FCVG_PT_sampling(SidebarPanel):
    """How the pictures are drawn."""

    bl_idname = "FCVG_PT_sampling"
    bl_parent_id = "FCVG_PT_inbetween"
    bl_label = "Sampling"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 2

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        return bool(compat.sequencer_scene(context).fcvg.is_generative())

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout = names_beside(self.layout)
        settings = compat.sequencer_scene(context).fcvg
        sampling = settings.sampling
        column = layout.column()
        column.prop(sampling, "preset")
        column.prop(settings, "seed")
        column.prop(sampling, "steps")
        pair = layout.column(align=True)
        pair.prop(sampling, "guidance_min")
        pair.prop(sampling, "guidance_max")
        paragraph(layout, ["0: as the method's makers advise."], "INFO", dimmed=True)


class FCVG_PT_advanced(SidebarPanel):
    """What hardly anybody changes."""

    bl_idname = "FCVG_PT_advanced"
    bl_parent_id = "FCVG_PT_sampling"
    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout = names_beside(self.layout)
        sampling = compat.sequencer_scene(context).fcvg.sampling
        column = layout.column()
        for name in ("motion_bucket", "noise_augmentation", "fps"):
            column.prop(sampling, name)
        pair = layout.column(align=True)
        pair.prop(sampling, "work_width")
        pair.prop(sampling, "work_height")


def draw_overlay(context: Any, layout: Any, strip: Any) -> None:
    """Draw the notes of a strip of conditions, and what can be done with it."""
    if strip.fcvg.notes:
        text_box(context, layout, strip.fcvg.notes, icon="INFO")
    row = layout.row(align=True)
    row.operator("fcvg.edit_matches", icon="GREASEPENCIL")
    row.operator("fcvg.open_folder", text="", icon="FILE_FOLDER")
    row.operator("fcvg.remove_conditions", text="", icon="TRASH")


CLASSES = (FCVG_PT_conditions, FCVG_PT_sampling, FCVG_PT_advanced, FCVG_PT_overlay)
