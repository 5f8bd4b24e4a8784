# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of the next inbetweens: generate, look first, conditions, presets, cuts."""

from __future__ import annotations

from .add_preset import FCVG_OT_add_preset
from .answer_cut import FCVG_OT_answer_cut
from .cancel import FCVG_OT_cancel
from .dismiss_left_out import FCVG_OT_dismiss_left_out
from .edit_matches import FCVG_OT_edit_matches
from .generate_inbetweens import FCVG_OT_generate_inbetweens
from .preflight import FCVG_OT_preflight
from .preview_conditions import FCVG_OT_preview_conditions
from .read_timing import FCVG_OT_read_timing
from .remove_conditions import FCVG_OT_remove_conditions
from .show_gap import FCVG_OT_show_gap

CLASSES = (
    FCVG_OT_generate_inbetweens,
    FCVG_OT_preview_conditions,
    FCVG_OT_edit_matches,
    FCVG_OT_remove_conditions,
    FCVG_OT_cancel,
    FCVG_OT_answer_cut,
    FCVG_OT_show_gap,
    FCVG_OT_dismiss_left_out,
    FCVG_OT_preflight,
    FCVG_OT_add_preset,
    FCVG_OT_read_timing,
)
