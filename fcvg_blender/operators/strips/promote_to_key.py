# SPDX-License-Identifier: GPL-3.0-or-later
"""Make an inbetween a key."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import selection, strip_takes, take_folders
from ...engine import errors
from ...i18n.translate import error_sentence
from ...jobs import enqueue, launch, operator_result
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...settings import addon_choices
from ...takes import promote
from .._base import ActiveInbetweensOperator


class FCVG_OT_promote_to_key(ActiveInbetweensOperator):
    """Make the inbetween under the playhead a key of your own, to be painted over: its picture is copied into the
    folder “keys” beside the file, and the frames on both sides of it are made anew"""

    bl_idname = "fcvg.promote_to_key"
    bl_label = "Promote to Key"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        strip = selection.inbetweens(context)
        if strip is None:
            return super().why_not(context)
        scene = compat.sequencer_scene(context)
        try:
            promote.check(scene, strip, scene.frame_current)
        except errors.FcvgError as problem:
            return error_sentence(problem)
        return ""

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when the frames on both sides are there."""
        scene = compat.sequencer_scene(context)
        try:
            choices = addon_choices.read(context)
            beside, request = promote.promote(scene, selection.inbetweens(context), scene.frame_current, choices)
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        for strip in beside:
            for take in strip_takes.all_of(strip.fcvg):
                session.laid.note(take.id, take_folders.of_take(strip, take))
        waiting = [enqueue.add_take(strip, scene, request, choices) for strip in beside]
        return launch.go(self, context, waiting, at_once=False) if waiting else {"FINISHED"}
