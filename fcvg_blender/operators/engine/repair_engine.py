# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the engine anew, whatever is wrong with it."""

from __future__ import annotations

from ...tasks import engine_state
from ._base import InstallerOperator


class FCVG_OT_repair_engine(InstallerOperator):
    """Make the engine anew out of what has been downloaded; what is missing is downloaded again"""

    bl_idname = "fcvg.repair_engine"
    bl_label = "Repair Engine"
    verb = "repair"
    states = (engine_state.CURRENT, engine_state.OUTDATED, engine_state.BROKEN)
