# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the doctor's findings onto the clipboard."""

from __future__ import annotations

from typing import Any

import bpy

from ...i18n.translate import mark
from ...tasks import error_report
from ...tasks.background import background_tasks
from .._base import CopyOperator


class FCVG_OT_copy_doctor_report(CopyOperator):
    """Copy what the doctor found, without the names of your folders"""

    bl_idname = "fcvg.copy_doctor_report"
    bl_label = "Copy Report"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return mark("Run the doctor first.") if background_tasks.findings is None else ""

    def text(self, context: Any) -> str:
        """Return the report; '' before the doctor has run."""
        return (
            error_report.of_doctor(bpy.app.version_string, background_tasks.findings)
            if background_tasks.findings
            else ""
        )
