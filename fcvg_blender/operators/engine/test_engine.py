# SPDX-License-Identifier: GPL-3.0-or-later
"""Test whether the engine works, by letting it make one small frame."""

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
        """With a window, it returns at once, and the preferences show the result; without one, when it is there."""
        choices = addon_choices.read(context)
        job = Job(mark("Engine test"))
        try:
            session.begin(job, protocol.SelfTest(job.id, choices.device), choices)
        except errors.FcvgError as error:
            return operator_result.refuse(self, error)
        context.window_manager.fcvg.engine_state = mark("Testing the engine …")
        timer.wake()
        return operator_result.settle(self, job)
