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
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage

METHOD, SIZE = (*sys.argv[sys.argv.index("--") + 2 :], *("rife", "960x540")[len(sys.argv) - sys.argv.index("--") - 2 :])
BREAKDOWN = 30  # of the frames 25 to 36

held_ms: dict[str, float] = {}
seen: list[float] = []  # moments at which the preview was drawn with frames in the strip


def note_preview() -> None:
    """Called when the preview has been drawn."""
    if stage.ours() is not None and stage.ours().fcvg.made:
        seen.append(time.monotonic())


def timed(owner: Any, name: str) -> None:
    """Note the longest time that a function of the add-on takes."""
    function: Callable[..., Any] = getattr(owner, name)

    def wrapper(*arguments: Any) -> Any:
        began_s = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            took_ms = round((time.perf_counter() - began_s) * 1000, 1)
            held_ms[name] = max(held_ms.get(name, 0.0), took_ms)

    setattr(owner, name, wrapper)


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
    timed(stage.addon("jobs.timer"), "tick")
    timed(stage.addon("jobs.timer"), "wake")
    timed(stage.addon("keys.render_keys"), "write_keys")
    timed(stage.addon("jobs.launch"), "generate")
    figures: dict[str, Any] = {"method": METHOD, "size": SIZE}
    width, height = map(int, SIZE.split("x"))
    stage.edit((width, height))
    bpy.types.SpaceSequenceEditor.draw_handler_add(note_preview, (), "PREVIEW", "POST_PIXEL")
    yield from stage.show_sidebars()
    yield from generate(figures, "cold")
    stage.edit((width, height))
    yield from generate(figures, "warm")
    figures["longest_turn_ms"] = held_ms["turn"]
    figures["longest_click_without_keys_ms"] = round(held_ms["_begin"] + held_ms["wake"] - held_ms["write_keys"], 1)
    stage.write_figures("measure_click", figures)


stage.perform(steps)
