"""Inbetweens made anew from their keys as these are now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ... import compat
from ...edit import gaps, selection, strips
from ...engine import errors
from ...jobs import change_watcher, enqueue, launch, operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices, strip_record
from ...takes import requests


class FCVG_OT_regenerate(bpy.types.Operator):
    """Make the selected inbetweens anew, with the same settings, from their keys as these are now. The strip stays,
    with all that was done to it, and the frames of before stay as a take"""

    bl_idname = "fcvg.regenerate"
    bl_label = "Regenerate"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this; the reason why not becomes the button's tooltip."""
        chosen = selection.selected(context)
        if not chosen:
            cls.poll_message_set("Select strips of inbetweens.")
        elif not _ready(chosen):
            cls.poll_message_set("They are being made, or wait for their turn.")
        else:
            return True
        return False

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when all frames are there."""
        scene, choices = compat.sequencer_scene(context), addon_choices.read(context)
        chosen = _ready(selection.selected(context))
        try:
            for strip in chosen:
                gaps.of_strip(scene, strip)  # refuses where a key is gone, before anything is begun
            wanted = [requests.remembered(strip.fcvg, strip.fcvg, strips.folder(strip), choices) for strip in chosen]
            # Whether these keys are of one shot was decided when there were first frames.
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
            change_watcher.look_at_all()
        return result


def _ready(chosen: list[Any]) -> list[Any]:
    """Those that nothing is being made for, each once, though several strips may show it."""
    found = {strip.fcvg.id: strip for strip in chosen if strip.fcvg.state not in strip_record.UNFINISHED}
    return list(found.values())
