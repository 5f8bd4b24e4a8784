# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the engine: a dialog with what will happen, then a bar."""
# mypy: disable-error-code="valid-type"
# Blender reads annotations as objects, so they must not become strings (no `from __future__ import annotations`).

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty

from ...engine import errors, protocol
from ...i18n import amounts
from ...i18n.translate import mark, rpt
from ...jobs import operator_result
from ...jobs.operator_result import Result
from ...settings import addon_choices
from ...settings.addon_choices import Choices
from ...tasks import engine_state
from ...tasks.background import PLAN, BackgroundTask, background_tasks
from ...ui import dialogs
from ...ui.text_layout import paragraph
from ._base import InstallerOperator

ACCELERATORS = [
    ("AUTO", "Automatic", "What suits this computer best", 0),
    ("CPU", "Processor", "Works everywhere; slow for FCVG, TRF, ViBiDSampler and GI", 1),
    ("CUDA", "NVIDIA (CUDA)", "For an NVIDIA graphics card", 2),
    ("CUDA12", "NVIDIA (CUDA 12)", "For older NVIDIA graphics cards (GTX 9 and 10) and drivers (older than 580)", 5),
    ("ROCM", "AMD (ROCm)", "For an AMD graphics card", 3),
    ("METAL", "Apple (Metal)", "For an Apple chip", 4),
]


class FCVG_OT_install_engine(InstallerOperator):
    """Install the engine that makes the inbetweens into your user data. Blender's own Python stays as it is"""

    bl_idname = "fcvg.install_engine"
    bl_label = "Install Engine"
    verb = "install"

    accelerator: EnumProperty(
        name="For", description="What the engine computes on", items=ACCELERATORS, options={"SKIP_SAVE"}
    )
    looked: BoolProperty(options={"SKIP_SAVE", "HIDDEN"})

    def invoke(self, context: Any, event: Any) -> Result:
        """Have the installer look at this computer, without holding up Blender; open the dialog when that is done."""
        choices = addon_choices.read(context)
        window = context.window
        try:
            if not self.looked:
                task = background_tasks.install("check", choices, then=lambda plan: _ask(plan, window.as_pointer()))
                return operator_result.settle_task(self, task)
            plan = background_tasks.plans[PLAN]
            known = {name for name, *_ in ACCELERATORS}
            self.accelerator = plan.accelerator.upper() if plan.accelerator.upper() in known else "AUTO"
            for name in plan.accelerators:
                if name != plan.accelerator:
                    background_tasks.look_at(name, choices)
        except errors.FcvgError as error:
            return operator_result.refuse_here(self, error)
        return dialogs.invoke_props_dialog(self, context, title="Install Engine", confirm_text="Install")

    def draw(self, context: Any) -> None:
        """Blender calls this."""
        layout: Any = self.layout
        first = background_tasks.plans[PLAN]
        word = self.accelerator.lower()
        plan = first if word == first.accelerator else background_tasks.plans.get(f"{PLAN}:{word}")
        paragraph(layout, dialogs.wrapped(context, first.detected), "INFO")
        row = layout.row(align=True)
        for name, *_ in ACCELERATORS[1:]:
            if name.lower() in first.accelerators:
                row.prop_enum(self, "accelerator", name)
        if plan is None:
            paragraph(layout, ["Looking at what that takes. Choose it again in a moment."], "TIME", dimmed=True)
            return
        facts = [
            (
                mark("To download"),
                rpt("{size}, {count} packages").format(size=amounts.size(plan.download_bytes), count=plan.packages),
            ),
            (
                mark("On the disk"),
                rpt("{needed} of {free} that are free").format(
                    needed=amounts.size(plan.needed_bytes), free=amounts.size(plan.free_bytes)
                ),
            ),
            (mark("Into"), engine_state.short(Path(plan.folder))),
        ]
        column = layout.column(align=True)
        for name, text in facts:
            dialogs.fact(context, column, name, text)
        for problem in plan.problems:
            paragraph(layout, dialogs.wrapped(context, problem), "ERROR", alert=True)

    def start(self, choices: Choices) -> BackgroundTask:
        """Start the installer. Raises FcvgError."""
        return background_tasks.install(self.verb, choices, "--accelerator", self.accelerator.lower())


def _ask(message: protocol.Message, window_pointer: int) -> None:
    """Open the dialog in the window that was clicked in, once the installer has looked at this computer."""
    context: Any = bpy.context
    window = next((each for each in context.window_manager.windows if each.as_pointer() == window_pointer), None)
    if isinstance(message, protocol.InstallPlan) and window is not None:
        with context.temp_override(window=window):
            operators: Any = bpy.ops
            operators.fcvg.install_engine("INVOKE_DEFAULT", looked=True)
