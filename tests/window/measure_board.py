# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long a board of 60 panels holds up Blender's main thread, in a real window.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --window-geometry 0 0 1600 900 \\
        --python tests/window/measure_board.py -- OUT_DIR [METHOD [GAPS]]

Panels of 960×540 with gaps of 11 frames. Writes measure_board.json: how long laying takes, the longest time in
milliseconds that each thing of the add-on took on the main thread, and the longest gap between two beats of a timer
that beats every 5 ms: at rest, while the same areas are redrawn with nothing going on, and until GAPS (10) are made.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage
from main_thread import held_ms, longest_gap_ms, start_beating, timed

PANELS, SIZE = 60, (960, 540)
METHOD, GAPS = (*sys.argv[sys.argv.index("--") + 2 :], *("RIFE", "10")[len(sys.argv) - sys.argv.index("--") - 2 :])


def made() -> int:
    strips = stage.sequencer_scene().sequence_editor.strips
    return sum(strip.fcvg.state == "DONE" for strip in strips)


def steps() -> stage.Steps:
    stage.register()
    timer = stage.addon("jobs.timer")
    timed(stage.addon("jobs.enqueue"), "lay", "laying")
    timed(stage.addon("jobs.publish"), "publish_queue", "writing the queue down")
    timed(stage.addon("jobs.begin_take"), "begin", "a step towards the engine")
    timed(stage.addon("keys.render_keys"), "write_key", "a key")
    timed(stage.addon("edit.gaps"), "chain", "looking at the selection")
    timed(timer, "tick", "tick of the timer")
    timed(stage.addon("ui.panels.queue"), "_draw_list", "list of the queue")
    scene = stage.board(PANELS, SIZE)
    scene.fcvg.method, scene.fcvg.cuts = METHOD, "MAKE"
    yield from stage.show_sidebars()
    start_beating()
    yield 3.0
    figures: dict[str, Any] = {"method": METHOD, "gap_at_rest_ms": longest_gap_ms()}
    for _ in range(6):  # as while something runs, but nothing does: what drawing alone costs Blender here
        timer._redraw()
        yield 0.5
    figures["gap_while_redrawing_ms"] = longest_gap_ms()
    for strip in scene.sequence_editor.strips:
        strip.select = True
    area = stage.timeline()
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=area.regions[-1]):
        began_s = time.perf_counter()
        bpy.ops.fcvg.generate_inbetweens("INVOKE_DEFAULT", True)
        figures["click_ms"] = round((time.perf_counter() - began_s) * 1000, 1)
    yield 0.0
    figures["gap_after_click_ms"] = longest_gap_ms()
    began_s = time.monotonic()
    yield from stage.until(lambda: made() >= int(GAPS), "the gaps", 250)
    figures["s_a_gap"] = round((time.monotonic() - began_s) / made(), 2)
    figures["gap_while_made_ms"] = longest_gap_ms()
    stage.screenshot("board")
    stage.write_figures("measure_board", {**figures, "held_ms": held_ms})


stage.perform(steps)
