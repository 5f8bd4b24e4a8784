"""Put the doctor's findings onto the clipboard."""

from __future__ import annotations

from typing import Any

import bpy

from ...i18n.translate import mark
from ...tasks import error_report
from ...tasks.background import chores
from .._base import CopyOperator


class FCVG_OT_copy_doctor_report(CopyOperator):
    """Copy what the doctor found, without the names of your folders"""

    bl_idname = "fcvg.copy_doctor_report"
    bl_label = "Copy Report"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return mark("Run the doctor first.") if chores.findings is None else ""

    def text(self, context: Any) -> str:
        """Return the report; '' before the doctor has run."""
        return error_report.of_doctor(bpy.app.version_string, chores.findings) if chores.findings else ""
