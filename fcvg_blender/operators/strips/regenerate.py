# SPDX-License-Identifier: GPL-3.0-or-later
"""Make inbetweens anew from their keys as these are now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ... import compat
from ...edit import gaps, selection, strips
from ...engine import errors
from ...i18n.translate import mark
from ...jobs import enqueue, key_watcher, launch, operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices, strip_record
from ...takes import requests
from .._base import SelectedInbetweensOperator


class FCVG_OT_regenerate(SelectedInbetweensOperator):
    """Make the selected inbetweens anew, with the same settings, from their keys as these are now. The strip stays,
    with all that was done to it, and the frames of before stay as a take"""

    bl_idname = "fcvg.regenerate"
    bl_label = "Regenerate"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        reason = super().why_not(context)
        if not reason and not _ready(selection.selected(context)):
            return mark("They are being made, or wait for their turn.")
        return reason

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when all frames are there."""
        scene, choices = compat.sequencer_scene(context), addon_choices.read(context)
        chosen = _ready(selection.selected(context))
        try:
            for strip in chosen:
                gaps.of_strip(scene, strip)  # raises where a key is gone, before anything is begun
            wanted = [requests.remembered(strip.fcvg, strip.fcvg, strips.folder(strip), choices) for strip in chosen]
            # The artist has decided already, before the first take, whether these keys are of one shot.
            added = [
                enqueue.add_take(strip, scene, replace(request, refuse_cuts=False), choices)
                for strip, request in zip(chosen, wanted, strict=True)
            ]
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        if any(strip.fcvg.pinned for strip in chosen):
            self.report({"INFO"}, "Pinned strips go on showing the take that they show.")
        result = launch.go(self, context, added, at_once=len(added) == 1)
        if not compat.has_window():
            key_watcher.look_at_all()
        return result


def _ready(chosen: list[Any]) -> list[Any]:
    """Return the strips whose takes are finished; of several that show the same take, only the last."""
    found = {strip.fcvg.id: strip for strip in chosen if strip.fcvg.state not in strip_record.UNFINISHED}
    return list(found.values())
