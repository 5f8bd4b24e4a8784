# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/which-method.md: what is known of two keys before anything is made."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import studio
from studio import stage

BELOW_TOP, BESIDE, TALL = 290, 190, 540  # where the table opens, how far it reaches over the edit, and all of it


def steps() -> stage.Steps:
    stage.register()
    folder = studio.CARTOONS / "robot"
    studio.new_edit((1024, 576), [("Robot A", folder / "start.png", 1, 24), ("Robot B", folder / "end.png", 37, 24)])
    yield from studio.sequencer()
    studio.operate("preflight")
    known = studio.status().preflight
    yield from stage.until(lambda: known.sentence and not known.running, "what is known", 120)
    yield 1.0
    left, bottom, width, height = studio.sidebar()
    yield from studio.point(left + width // 2 - 15, bottom + height - BELOW_TOP)
    with bpy.context.temp_override(window=studio.window(), area=stage.timeline()):
        bpy.ops.wm.call_panel("INVOKE_DEFAULT", name="FCVG_PT_estimates", keep_open=True)
    yield 1.0
    studio.shoot("preflight", (left - BESIDE, bottom + height - TALL, width + BESIDE, TALL))


stage.perform(steps)
