# SPDX-License-Identifier: GPL-3.0-or-later
"""Show what the installer wrote."""

from __future__ import annotations

from pathlib import Path

from ...i18n.translate import mark
from ...tasks import background
from .._base import OpenLogOperator


class FCVG_OT_open_install_log(OpenLogOperator):
    """Open the log of the newest installation"""

    bl_idname = "fcvg.open_install_log"
    bl_label = "Show Log"
    no_log = mark("Nothing has been installed yet.")

    @classmethod
    def log(cls) -> Path:
        """Return the path of the installer's log."""
        return background.install_log()
