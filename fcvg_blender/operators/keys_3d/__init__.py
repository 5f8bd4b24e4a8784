# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of 3D keys."""

from __future__ import annotations

from .cancel_stills import FCVG_OT_cancel_stills
from .inbetween_keyframes import FCVG_OT_inbetween_keyframes

CLASSES = (
    FCVG_OT_inbetween_keyframes,
    FCVG_OT_cancel_stills,
)
