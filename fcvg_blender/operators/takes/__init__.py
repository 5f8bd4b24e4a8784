# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of the takes of a strip."""

from __future__ import annotations

from .copy_recipe import FCVG_OT_copy_recipe
from .delete_take import FCVG_OT_delete_take
from .new_take import FCVG_OT_new_take
from .next_take import FCVG_OT_next_take
from .pin_take import FCVG_OT_pin_take
from .show_take import FCVG_OT_show_take

CLASSES = (
    FCVG_OT_copy_recipe,
    FCVG_OT_show_take,
    FCVG_OT_delete_take,
    FCVG_OT_pin_take,
    FCVG_OT_next_take,
    FCVG_OT_new_take,
)
