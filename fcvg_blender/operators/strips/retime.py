# SPDX-License-Identifier: GPL-3.0-or-later
"""Give inbetweens that are there another timing: only which drawing shows on which frame changes."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from typing import Any

from bpy.props import EnumProperty, StringProperty

from ... import compat
from ...edit import selection, strip_takes
from ...engine import errors
from ...i18n.catalogues import OWN
from ...i18n.translate import rpt, tip
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import menu_choices
from ...timing import exposure_sheet, spacing
from ...ui import dialogs
from ...ui.layout_parts import names_beside
from .._base import SelectedInbetweensOperator

KEEP = "KEEP"

# Else a button that sets only the spacing would also set the hold of the last click.
_NOT_KEPT = {"SKIP_SAVE"}


class FCVG_OT_retime(SelectedInbetweensOperator):
    """Space the drawings of the selected inbetweens anew, at once, out of those that are there"""

    bl_idname = "fcvg.retime"
    bl_label = "Retime Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    timing: EnumProperty(
        name="Timing",
        description="How the drawings are spaced between the keys",
        items=[(KEEP, "As It Is", "Leave the spacing of each strip as it is", 100), *menu_choices.TIMINGS],
        default=KEEP,
        options=_NOT_KEPT,
    )
    times: StringProperty(
        name="Chart",
        description="Numbers between 0, the earlier key, and 1, the later key, such as 0.1, 0.5, 0.9. "
        "A strip with another number of drawings follows the same curve",
        options=_NOT_KEPT,
    )
    hold: EnumProperty(
        name="Hold",
        description="How many frames each drawing is shown",
        items=[(KEEP, "As It Is", "Leave each strip on ones, twos or threes as it is", 0), *menu_choices.HOLDS],
        default=KEEP,
        options=_NOT_KEPT,
        translation_context=OWN,
    )

    @classmethod
    def description(cls, _context: Any, chosen: Any) -> str:
        """Blender calls this. Return what the one spacing or hold does that the button is for."""
        for items, word in ((menu_choices.TIMINGS, chosen.timing), (menu_choices.HOLDS, chosen.hold)):
            for name, _, text, _ in items:
                if name == word:
                    return f"{tip(text)}. {tip('At once, out of the drawings that are there')}"
        return tip(str(cls.__doc__))

    def invoke(self, context: Any, _event: Any) -> Result:
        """Retime at once, or ask for a chart where the click gives none; the present one is filled in then."""
        nothing_said = self.timing == KEEP and self.hold == KEEP
        if nothing_said or (self.timing == spacing.TYPED and not self.times):
            self.timing = spacing.TYPED
            record = selection.selected(context)[0].fcvg
            shown = dict.fromkeys(record.frame_times())
            self.times = spacing.written(shown)
            return dialogs.invoke_props_dialog(self, context, width=420)
        return self.act(context)

    def draw(self, _context: Any) -> None:
        """Blender calls this."""
        layout = names_beside(self.layout)
        layout.prop(self, "timing")
        if self.timing == spacing.TYPED:
            layout.prop(self, "times")
        layout.prop(self, "hold")

    def act(self, context: Any) -> Result:
        """Retime all of the strips, or none where the chart does not fit one of them."""
        scene = compat.sequencer_scene(context)
        chosen = selection.selected(context)
        try:
            charts = [self._chart(scene, strip) for strip in chosen]
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        stand_ins = sum(strip_takes.retime(strip, *chart) for strip, chart in zip(chosen, charts, strict=True))
        if stand_ins:
            frames = sum(strip.fcvg.count for strip in chosen)
            shown = rpt("{count} of {frames} frames show a stand-in: the nearest drawing")
            self.report({"INFO"}, shown.format(count=stand_ins, frames=frames))
        return {"FINISHED"}

    def _chart(self, scene: Any, strip: Any) -> tuple[str | list[float], int]:
        """Return timing and hold for one strip, as the engine takes them. Raises BadRequest."""
        record = strip.fcvg
        kept = record.hold if self.hold == KEEP else None
        hold = kept or next(frames for name, _, _, frames in menu_choices.HOLDS if name == self.hold)
        if self.timing == KEEP:
            chart = record.engine_timing()
        elif self.timing == spacing.TYPED:
            chart = spacing.parsed(self.times)
        else:
            first = round(compat.content_start(strip)) - 1
            last = first + record.count + 1
            chart = spacing.wanted(scene.fcvg.spacing, self.timing, "", record.count, hold, first, last)
        return exposure_sheet.refitted(chart, record.count, hold), hold
