# SPDX-License-Identifier: GPL-3.0-or-later
"""A board of 60 panels in a real window: select all, generate, look at the queue, reorder, pause, cancel, undo, redo.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_queue.py -- OUT_DIR

How fast that is, `measure_board.py` tells.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage

PANELS = 60
MISSING = "P06"  # its picture is gone: two gaps cannot be made


def status() -> Any:
    return bpy.context.window_manager.fcvg


def gaps() -> dict[str, str]:
    """State of each strip of inbetweens by its earlier key."""
    strips = stage.sequencer_scene().sequence_editor.strips
    return {strip.fcvg.key_start: strip.fcvg.state for strip in strips if strip.fcvg.id}


def states() -> set[str]:
    return set(gaps().values())


def button(name: str, **choices: Any) -> None:
    """An operator as its button calls it, with its undo step."""
    area = stage.timeline()
    region = next(region for region in area.regions if region.type == "UI")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        getattr(bpy.ops.fcvg, name)("INVOKE_DEFAULT", True, **choices)


def first_waiting() -> int:
    return next(row for row, item in enumerate(status().queue) if item.state == "WAITING")


def steps() -> stage.Steps:
    stage.register()
    scene = stage.board(PANELS, (320, 180))
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    scene.fcvg.method, scene.fcvg.cuts = "DISSOLVE", "ASK"
    (stage.out_dir() / "pictures" / f"{MISSING}.png").unlink()
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.out_dir() / "board.blend"))

    yield from stage.press("A")
    yield from stage.press("F3", *"GENERATE", "SPACE", *"INBETWEENS")
    yield 0.3
    yield from stage.press("RET")
    yield from stage.until(lambda: len(status().queue) == PANELS - 1, "the queue")
    yield from stage.until(lambda: "DONE" in states(), "the first gap")
    yield 0.7
    stage.screenshot("running")

    button("pause_queue")
    yield from stage.until(lambda: not len(status().jobs), "the pause")
    waiting = [item.take for item in status().queue if item.state == "WAITING"]
    status().queue_row = first_waiting() + 3
    button("move_in_queue", direction="UP")
    button("move_in_queue", direction="FIRST")
    assert status().queue_row == first_waiting()
    moved = [item.take for item in status().queue if item.state == "WAITING"]
    assert moved == [waiting[3], *waiting[:3], *waiting[4:]]
    yield 0.7
    stage.screenshot("paused")

    before = set(gaps())
    button("cancel", take=moved[-1])
    yield from stage.until(lambda: len(gaps()) == len(before) - 1, "one gap less")
    button("pause_queue")
    yield from stage.until(lambda: "ASKING" in states() and "INCOMPLETE" in states(), "a question and a failure")
    button("pause_queue")
    yield from stage.until(lambda: not len(status().jobs), "the pause")
    status().queue_row = next(row for row, item in enumerate(status().queue) if item.state == "INCOMPLETE")
    yield 0.7
    stage.screenshot("asks")
    asking = next(item.take for item in status().queue if item.state == "ASKING")
    button("show_gap", take=asking)
    button("answer_cut", take=asking, answer="LEAVE_OUT")
    left_out = len(gaps())
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: len(gaps()) == left_out + 1, "the answer undone")
    assert "ASKING" in states(), "it asks again"
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: len(gaps()) == left_out, "the answer redone")
    yield 0.7
    stage.screenshot("answered")

    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(stage.out_dir() / "board.blend"))
    yield 1.0
    assert status().paused
    assert "WAITING" in states()
    assert not len(status().jobs)
    yield from stage.show_sidebars()
    stage.screenshot("reopened")
    made = sum(state == "DONE" for state in gaps().values())
    button("pause_queue")
    yield from stage.until(lambda: sum(state == "DONE" for state in gaps().values()) > made + 2, "going on")

    button("cancel_all")
    yield 0.5
    stage.screenshot("confirm")
    yield from stage.press("RET")
    yield from stage.until(lambda: states() <= {"DONE"}, "all others cancelled")

    scene = stage.board(5, (320, 180))
    scene.fcvg.cuts = "MAKE"
    yield from stage.press("A")
    button("generate_inbetweens")
    yield from stage.until(lambda: "RUNNING" in states(), "the work")
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: not gaps(), "the whole board undone by one step")
    yield from stage.until(lambda: not len(status().jobs), "the job stopped")
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: len(gaps()) == 4, "the board redone")
    yield from stage.until(lambda: states() == {"DONE"}, "all made")


stage.perform(steps)
