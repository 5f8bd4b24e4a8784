# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of a strip of inbetweens: timing, regenerate, promote, redo, resume, remove."""

from __future__ import annotations

from .check_keys import FCVG_OT_check_keys
from .make_missing import FCVG_OT_make_missing
from .open_folder import FCVG_OT_open_folder
from .promote_to_key import FCVG_OT_promote_to_key
from .redo_range import FCVG_OT_redo_range
from .redo_yours import FCVG_OT_redo_yours
from .regenerate import FCVG_OT_regenerate
from .remove_inbetweens import FCVG_OT_remove_inbetweens
from .resume import FCVG_OT_resume
from .retime import FCVG_OT_retime

CLASSES = (
    FCVG_OT_make_missing,
    FCVG_OT_retime,
    FCVG_OT_regenerate,
    FCVG_OT_redo_range,
    FCVG_OT_redo_yours,
    FCVG_OT_promote_to_key,
    FCVG_OT_check_keys,
    FCVG_OT_resume,
    FCVG_OT_remove_inbetweens,
    FCVG_OT_open_folder,
)
