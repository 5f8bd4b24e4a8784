# SPDX-License-Identifier: GPL-3.0-or-later
"""Free the disk of what has been downloaded for the engine."""

from __future__ import annotations

from typing import Any

from ...i18n.translate import mark
from ...tasks.background import ENGINE, background_tasks
from ._base import InstallerOperator


class FCVG_OT_free_downloads(InstallerOperator):
    """Delete the packages that the engine was made of. It goes on working; repairing it needs them again"""

    bl_idname = "fcvg.free_downloads"
    bl_label = "Free Downloads"
    verb = "free"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        return mark("An installation is running.") if ENGINE in background_tasks.running else ""
