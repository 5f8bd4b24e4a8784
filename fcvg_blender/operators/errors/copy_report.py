# SPDX-License-Identifier: GPL-3.0-or-later
"""Put all that helps to find an error onto the clipboard."""

from __future__ import annotations

from typing import Any

import bpy

from ... import compat, guard
from ...edit import selection
from ...jobs.session import session
from ...tasks import error_report
from .._base import CopyOperator


class FCVG_OT_copy_report(CopyOperator):
    """Copy versions, settings, the error and the end of the engine's log, without the names of your folders"""

    bl_idname = "fcvg.copy_report"
    bl_label = "Copy Report"

    def text(self, context: Any) -> str:
        """Return the report."""
        status = context.window_manager.fcvg
        strip = selection.inbetweens(context)
        return error_report.text(
            blender=bpy.app.version_string,
            blend_file=bpy.data.filepath,
            client=session.client,
            error=(status.error_message, status.error_hint, status.error_detail),
            settings=error_report.settings(compat.sequencer_scene(context).fcvg),
            strip=error_report.settings(strip.fcvg) if strip else {},
            failures=guard.failures(),
        )
