"""Go on with inbetweens that were interrupted; frames already made are kept."""

from __future__ import annotations

from typing import Any

import bpy

from .. import jobs, orders, preferences, properties, pump, strips
from ..engine import errors, protocol
from . import active, outcome
from .outcome import Result


class FCVG_OT_resume(bpy.types.Operator):
    """Make the missing frames of the active strip; those that are there are kept"""

    bl_idname = "fcvg.resume"
    bl_label = "Resume Inbetweens"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Blender calls this."""
        strip = active.inbetweens(context)
        if strip is None or strip.fcvg.state != properties.INCOMPLETE:
            cls.poll_message_set("Make a strip of incomplete inbetweens the active one.")
            return False
        return True

    def execute(self, context: Any) -> Result:
        """With a window: returns at once. Without: returns when all frames are there."""
        strip = active.inbetweens(context)
        try:
            choices = preferences.read(context)
            folder = strips.folder(strip)
            request = orders.placed(orders.remembered(strip.fcvg, choices), folder)
            job = jobs.Job(f"{strip.fcvg.key_start} → {strip.fcvg.key_end}", strip.fcvg.id, folder, resumed=True)
            jobs.session.begin(job, protocol.Start(job.id, request), choices)
        except errors.FcvgError as error:
            return outcome.refuse(self, error)
        strip.fcvg.state = properties.RUNNING
        pump.wake()
        return outcome.settle(self, job)
