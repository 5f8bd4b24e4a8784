"""The preferences' button that shows whether the engine works."""

from __future__ import annotations

from typing import Any

import bpy

from ...engine import errors, protocol
from ...i18n.translate import mark
from ...jobs import operator_result, timer
from ...jobs.job import Job
from ...jobs.operator_result import Result
from ...jobs.session import session
from ...settings import addon_choices


class FCVG_OT_test_engine(bpy.types.Operator):
    """Start the engine and let it make one small frame"""

    bl_idname = "fcvg.test_engine"
    bl_label = "Test Engine"

    def execute(self, context: Any) -> Result:
        """With a window: returns at once, the result appears in the preferences. Without: returns with the result."""
        choices = addon_choices.read(context)
        job = Job(mark("Engine test"))
        try:
            session.begin(job, protocol.SelfTest(job.id, choices.device), choices)
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        context.window_manager.fcvg.engine_state = mark("Testing the engine …")
        timer.wake()
        return operator_result.settle(self, job)
