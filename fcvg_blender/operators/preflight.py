"""Look at two keys before paying for their inbetweens."""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat, preferences, preflight, pump, shots
from ..engine import errors
from . import launch, outcome
from .outcome import Result


class FCVG_OT_preflight(bpy.types.Operator):
    """See whether the two keys belong together, which method suits them, and what each would take here"""

    bl_idname = "fcvg.preflight"
    bl_label = "Look First"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        if context.window_manager.fcvg.preflight.running:
            cls.poll_message_set("The keys are being looked at.")
            return False
        return launch.can(cls, context, pair=True)

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when it is known."""
        scene = compat.sequencer_scene(context)
        try:
            shot = shots.from_selection(scene, compat.selected_strips(context), scene.fcvg)
            job = preflight.begin(scene, shot, preferences.read(context))
        except errors.FcvgError as error:
            preflight.refuse(error)
            return outcome.refuse(self, error)
        pump.wake()
        return outcome.settle(self, job)
