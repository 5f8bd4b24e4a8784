# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of an error: copy its report, open the log, dismiss it."""

from __future__ import annotations

from .copy_report import FCVG_OT_copy_report
from .dismiss_error import FCVG_OT_dismiss_error
from .open_log import FCVG_OT_open_log

CLASSES = (
    FCVG_OT_copy_report,
    FCVG_OT_open_log,
    FCVG_OT_dismiss_error,
)
