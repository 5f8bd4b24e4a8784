# SPDX-License-Identifier: GPL-3.0-or-later
"""Show what the engine wrote."""

from __future__ import annotations

from pathlib import Path

from ...i18n.translate import mark
from ...jobs.session import session
from .._base import OpenLogOperator


class FCVG_OT_open_log(OpenLogOperator):
    """Open the engine's log file"""

    bl_idname = "fcvg.open_log"
    bl_label = "Open Log"
    no_log = mark("The engine has not been started yet, so it has written nothing.")

    @classmethod
    def log(cls) -> Path | None:
        """Return the path of the engine's log; None before the first start."""
        return session.client.log.path if session.client else None
