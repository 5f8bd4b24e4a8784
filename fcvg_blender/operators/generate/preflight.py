# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at two keys before their inbetweens are made."""

from __future__ import annotations

from typing import Any

from ... import compat
from ...edit import gaps
from ...engine import errors
from ...i18n.translate import mark
from ...jobs import launch, look_first, operator_result, timer
from ...jobs.operator_result import Result
from ...settings import addon_choices
from .._base import EditOperator


class FCVG_OT_preflight(EditOperator):
    """See whether the two keys belong together, which method suits them, and what each would take here"""

    bl_idname = "fcvg.preflight"
    bl_label = "Look First"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Return why it cannot run now, '' where it can."""
        if context.window_manager.fcvg.preflight.running:
            return mark("The keys are being looked at.")
        return launch.why_not(context, pair=True)

    def act(self, context: Any) -> Result:
        """With a window, it returns at once; without one, when it is known."""
        scene = compat.sequencer_scene(context)
        try:
            shot = gaps.from_selection(scene, compat.selected_strips(context), scene.fcvg)
            job = look_first.begin(scene, shot, addon_choices.read(context))
        except errors.FcvgError as error:
            look_first.refuse(error)
            return operator_result.refuse(self, error)
        timer.wake()
        return operator_result.settle(self, job)
