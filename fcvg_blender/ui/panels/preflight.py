# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found by looking at two keys first: whether they fit, and what each method would take. Draws only."""

from __future__ import annotations

from typing import Any

import bpy

from ...i18n.translate import rpt, translate_sentence
from ..text_layout import paragraph, text_box


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
        paragraph(layout, ["Dimmed: lacks its models, or needs more memory than is free."], dimmed=True)


def draw_preflight(context: Any, layout: Any, known: Any, chosen: str) -> None:
    """Draw what is known of the selected pair of keys. `chosen`: the method that is set, as the engine calls it."""
    if known.running:
        paragraph(layout, ["Looking at the keys …"], "VIEWZOOM", dimmed=True)
    elif known.sentence:
        icon = {"ok": "CHECKMARK", "warning": "ERROR"}.get(known.state, "CANCEL")
        hint = "" if known.reason in known.sentence else known.reason
        if hint and known.suggested and chosen not in {known.suggested, "auto"}:
            hint = rpt("Suggested: {method}").format(method=translate_sentence(hint))
        box = text_box(context, layout, known.sentence, hint, icon=icon, alert=known.state != "ok")
        if len(known.estimates):
            box.popover("FCVG_PT_estimates", text="Compare Methods", icon="TIME")


CLASSES = (FCVG_PT_estimates,)
