# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an artist waits after the click, and for how long the add-on holds up Blender.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing \\
        --window-geometry 0 0 1600 900 --python tests/window/measure_click.py -- OUT_DIR [METHOD [WIDTHxHEIGHT]]

Without `--enable-event-simulate`, with which Blender never rests and takes a whole core away from the engine. So
the operator is called as the button calls it. Writes measure_click.json: seconds from the click to the progress bar,
to the first frame on the screen (the breakdown, which is made first and where the playhead stands) and to the last one,
with a cold and with a warm engine, 12 inbetweens of 960 × 540 pixels; and the longest times for which the main thread
was held, key rendering aside.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage
from main_thread import held_ms, timed

METHOD, SIZE = (*sys.argv[sys.argv.index("--") + 2 :], *("rife", "960x540")[len(sys.argv) - sys.argv.index("--") - 2 :])
BREAKDOWN = 30  # of the frames 25 to 36

seen: list[float] = []  # moments at which the preview was drawn with frames in the strip


def note_preview() -> None:
    """Called when the preview has been drawn."""
    if stage.ours() is not None and stage.ours().fcvg.made:
        seen.append(time.monotonic())


def generate(figures: dict[str, Any], name: str) -> stage.Steps:
    """Click and watch."""
    scene = stage.sequencer_scene()
    scene.fcvg.method = METHOD.upper()
    scene.frame_current = BREAKDOWN
    yield 2.0
    seen.clear()
    clicked_s = time.monotonic()
    stage.click()
    yield from stage.until(stage.jobs, "the progress bar")
    stage.draw()
    figures[f"{name}_bar_s"] = round(time.monotonic() - clicked_s, 2)
    yield from stage.until(lambda: seen, "the first frame")
    figures[f"{name}_first_frame_s"] = round(time.monotonic() - clicked_s, 2)
    yield from stage.until(lambda: stage.ours().fcvg.state == "DONE", "all frames")
    figures[f"{name}_all_frames_s"] = round(time.monotonic() - clicked_s, 2)


def steps() -> stage.Steps:
    stage.register()
    timed(stage.addon("jobs.timer"), "tick", "tick")
    timed(stage.addon("jobs.timer"), "wake", "wake")
    timed(stage.addon("keys.render_keys"), "write_key", "key")
    timed(stage.addon("jobs.launch"), "generate", "click")
    figures: dict[str, Any] = {"method": METHOD, "size": SIZE}
    width, height = map(int, SIZE.split("x"))
    stage.edit((width, height))
    bpy.types.SpaceSequenceEditor.draw_handler_add(note_preview, (), "PREVIEW", "POST_PIXEL")
    yield from stage.show_sidebars()
    yield from generate(figures, "cold")
    stage.edit((width, height))
    yield from generate(figures, "warm")
    figures["longest_tick_ms"] = held_ms["tick"]
    figures["longest_click_without_keys_ms"] = round(held_ms["click"] - 2 * held_ms["key"], 1)
    stage.write_figures("measure_click", figures)


stage.perform(steps)
