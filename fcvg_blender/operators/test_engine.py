"""The preferences' button that shows whether the engine works."""

from __future__ import annotations

from typing import Any

import bpy

from .. import jobs, preferences, pump
from ..engine import errors, protocol
from ..words import mark
from . import outcome
from .outcome import Result


class FCVG_OT_test_engine(bpy.types.Operator):
    """Start the engine and let it make one small frame"""

    bl_idname = "fcvg.test_engine"
    bl_label = "Test Engine"

    def execute(self, context: Any) -> Result:
        """With a window: returns at once, the result appears in the preferences. Without: returns with the result."""
        choices = preferences.read(context)
        job = jobs.Job(mark("Engine test"))
        try:
            jobs.session.begin(job, protocol.SelfTest(job.id, choices.device), choices)
        except errors.FcvgError as error:
            return outcome.refuse(self, error)
        context.window_manager.fcvg.engine_state = mark("Testing the engine …")
        pump.wake()
        return outcome.settle(self, job)
