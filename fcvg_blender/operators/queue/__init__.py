# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of the queue."""

from __future__ import annotations

from .cancel_all import FCVG_OT_cancel_all
from .move_in_queue import FCVG_OT_move_in_queue
from .pause_queue import FCVG_OT_pause_queue
from .try_again import FCVG_OT_try_again

CLASSES = (
    FCVG_OT_pause_queue,
    FCVG_OT_cancel_all,
    FCVG_OT_move_in_queue,
    FCVG_OT_try_again,
)
