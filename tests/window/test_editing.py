# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist goes on editing in a real window while frames arrive: drag, undo, delete, cancel, another file.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_editing.py -- OUT_DIR
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage
from stage import jobs, ours

GAP = 400  # enough dissolved frames to last through everything an artist does here


def click() -> stage.Steps:
    """Generate from A to B and wait for the first frame."""
    stage.sequencer_scene().fcvg.method = "DISSOLVE"
    stage.click()
    yield from stage.until(lambda: ours() and ours().fcvg.made, "the first frame")


def steps() -> stage.Steps:
    stage.register()
    stage.edit(size=(320, 180), gap=GAP)
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    with bpy.context.temp_override(area=stage.timeline(), region=stage.timeline().regions[-1]):
        bpy.ops.sequencer.view_all()

    yield from click()
    made, before = ours().fcvg.made, ours().channel
    yield from stage.press("G", "Y")
    yield from stage.press(above_px=120)
    yield 0.5
    stage.screenshot("dragging")
    assert jobs(), "the engine goes on while a strip is dragged"
    yield from stage.press("RET", above_px=120)
    yield from stage.until(lambda: ours().fcvg.made > made, "frames after the drag")
    assert ours().channel > before

    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: ours().channel == before, "the drag undone")
    assert jobs() and ours().fcvg.state == "RUNNING", "undoing the drag leaves the job alone"
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: ours() is None and not jobs(), "the generation undone with one more step")

    yield from click()
    yield from stage.press("X")
    yield 0.3
    if ours() is not None:  # since 5.0 deleting asks first
        yield from stage.press("RET")
    yield from stage.until(lambda: ours() is None and not jobs(), "the strip deleted and its job stopped")

    yield from click()
    bpy.ops.fcvg.cancel()
    yield from stage.until(lambda: ours() is None and not jobs(), "the job cancelled")
    selected = {strip.name for strip in stage.sequencer_scene().sequence_editor.strips if strip.select}
    assert selected == {"A", "B"}, selected

    yield from click()
    session = stage.addon("jobs.session").session
    engine = session.client.hello.pid
    bpy.ops.wm.read_homefile(app_template="Video_Editing")
    yield from stage.until(lambda: not jobs() and not session.active, "the job of the old file stopped")
    os.kill(engine, 0)  # it waits, warm, for the next click
    assert not bpy.context.window_manager.fcvg.error_message
    stage.write_figures("editing", {"passed": True})


stage.perform(steps)
