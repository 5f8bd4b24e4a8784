# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the engine up to what this version of the add-on asks for."""

from __future__ import annotations

from ...tasks import engine_state
from ._base import InstallerOperator


class FCVG_OT_update_engine(InstallerOperator):
    """Make the engine anew beside the old one, which works until the new one does"""

    bl_idname = "fcvg.update_engine"
    bl_label = "Update Engine"
    verb = "update"
    states = (engine_state.OUTDATED,)
