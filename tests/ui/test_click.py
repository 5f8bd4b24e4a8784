"""An artist's click in a real window: search for the operator, press Enter, watch frames appear, undo, cancel.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/ui/test_click.py -- OUT_DIR [METHOD]

Writes click.json: seconds from the Enter key to the first frame drawn, with a cold and with a warm engine, and the
longest time that a turn of the add-on's timer kept Blender's main thread.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage

METHOD = (sys.argv[sys.argv.index("--") + 2 :] or ["DISSOLVE"])[0]
SEARCH = ("F3", *"GENERATE", "SPACE", *"INBETWEENS", "RET")

longest_turn_s = 0.0


def measure_turns() -> None:
    """Time every turn of the pump from now on."""
    pump = stage.addon("pump")
    turn = pump.turn

    def timed() -> float | None:
        global longest_turn_s
        began_s = time.perf_counter()
        try:
            return turn()
        finally:
            longest_turn_s = max(longest_turn_s, time.perf_counter() - began_s)

    pump.turn = timed


def ours(scene: Any) -> Any:
    """The strip of inbetweens, or None."""
    return next((strip for strip in scene.sequence_editor.strips if strip.fcvg.id), None)


def first_frame_is_there(scene: Any) -> bool:
    strip = ours(scene)
    return strip is not None and strip.fcvg.made > 0


def generate(scene: Any, figures: dict[str, Any], name: str) -> stage.Steps:
    """Select both strips, search for the operator and press Enter; measures until a frame is drawn."""
    for strip in scene.sequence_editor.strips:
        strip.select = strip.name in ("A", "B")
    scene.fcvg.method = METHOD.upper()
    scene.frame_current = 25
    *typed, enter = SEARCH
    yield from stage.press(*typed)
    yield 0.3
    clicked_s = time.monotonic()
    yield from stage.press(enter)
    yield from stage.until(lambda: bpy.context.window_manager.fcvg.jobs, "the progress bar")
    figures[f"{name}_bar_s"] = round(time.monotonic() - clicked_s, 2)
    yield from stage.until(lambda: first_frame_is_there(scene), "the first frame")
    bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
    figures[f"{name}_first_frame_s"] = round(time.monotonic() - clicked_s, 2)
    yield from stage.until(lambda: ours(scene).fcvg.state == "DONE", "all frames")
    figures[f"{name}_all_frames_s"] = round(time.monotonic() - clicked_s, 2)


def steps() -> stage.Steps:
    stage.register()
    measure_turns()
    figures: dict[str, Any] = {"method": METHOD}
    scene = stage.edit()
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    stage.screenshot("ready")
    long_text = "A sentence that is too long for a narrow sidebar, so that it has to be broken."
    region = next(region for region in stage.timeline().regions if region.type == "UI")
    with bpy.context.temp_override(area=stage.timeline(), region=region):
        lines = stage.addon("panels").wrapped(bpy.context, long_text)
    assert len(lines) > 1
    assert " ".join(lines) == long_text

    yield from generate(scene, figures, "cold")
    scene.frame_current = 30
    yield 0.5
    stage.screenshot("done")
    files = {element.filename for element in ours(scene).elements}
    assert len(files) == 12, files

    bpy.ops.ed.undo()
    yield 0.3
    scene = stage.sequencer_scene()
    assert ours(scene) is None, "one undo takes the generation back"
    bpy.ops.ed.redo()
    yield 0.3
    scene = stage.sequencer_scene()
    assert ours(scene).fcvg.state == "DONE", ours(scene).fcvg.state
    assert {element.filename for element in ours(scene).elements} == files, "redo shows all frames"
    bpy.ops.ed.undo()
    yield 0.3

    scene = stage.sequencer_scene()
    yield from generate(scene, figures, "warm")
    figures["longest_turn_ms"] = round(longest_turn_s * 1000, 1)
    stage.write_figures("click", figures)


stage.perform(steps)
