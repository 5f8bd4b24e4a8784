# SPDX-License-Identifier: GPL-3.0-or-later
"""Inbetweens from 3D keyframes in a real window: keys rendered before the artist, undo and Esc while it runs.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_render_keys.py -- OUT_DIR
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import shot3d
import stage
import x11
from shot3d import FRAMES, click, keys, press, scene, status, view

SIZE = (960, 540)
FEW, MANY = 8, 100_000  # samples: about a second, and longer than anyone waits


def build() -> None:
    shot3d.build("CYCLES", SIZE)
    cycles = scene().cycles
    cycles.samples, cycles.use_denoising, cycles.use_adaptive_sampling = FEW, False, False
    bpy.ops.ed.undo_push(message="Shot")


def at_rest() -> None:
    """What an artist finds after keys were rendered, whichever way that has ended."""
    assert not bpy.app.is_job_running("RENDER")
    assert [each.name for each in bpy.data.scenes if each.name.startswith(".")] == []
    assert bpy.context.preferences.view.render_display_type == "WINDOW"
    assert len(bpy.context.window_manager.windows) == 1
    assert scene().frame_current == shot3d.AT
    assert scene().render.filepath == "//shot"
    assert not status().total


def steps() -> stage.Steps:
    stage.register()
    build()
    shot3d.edit(SIZE)
    yield from press("ESC")
    yield from shot3d.show_tab(view())
    stage.screenshot("ready")

    ball = bpy.data.objects["Ball"]
    ball.location.y = 0.75  # without a keyframe
    yield from click()
    yield from stage.until(lambda: status().number == 2, "the second key")
    yield 0.4
    assert len(bpy.context.window_manager.windows) == 1, "no render window pops up"
    stage.screenshot("rendering")
    yield from stage.until(lambda: status().outcome, "all keys", 120.0)
    assert status().outcome.startswith("3 keys: all rendered."), status().outcome
    at_rest()
    assert abs(bpy.data.objects["Ball"].location.y - 0.75) < 1e-6, bpy.data.objects["Ball"].location.y
    assert [key.left_handle for key in keys()] == list(FRAMES)
    yield from stage.until(lambda: not stage.jobs() and shot3d.all_done(), "the inbetweens", 120.0)
    yield 0.5
    stage.screenshot("done")
    files = [key.elements[0].filename for key in keys()]

    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: not keys(), "the keys undone in one step")
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: [key.elements[0].filename for key in keys()] == files, "the keys redone")

    yield from click()
    yield from stage.until(lambda: status().outcome, "the same keys")
    assert status().outcome.startswith("3 keys: 0 rendered, 3 reused."), status().outcome

    scene().cycles.samples = MANY
    yield from click()
    yield from stage.until(lambda: bpy.app.is_job_running("RENDER"), "a render job")
    yield 0.5
    yield from press("Z", ctrl=True)
    yield from stage.until(lambda: status().outcome, "the end by undo", 20.0)
    assert status().outcome.startswith("The rendering was ended."), status().outcome
    at_rest()
    yield 0.5
    stage.screenshot("undone")

    scene().cycles.samples = MANY  # undone as well
    yield from click()
    yield from stage.until(lambda: bpy.app.is_job_running("RENDER"), "a render job")
    handlers = list(bpy.app.handlers.render_cancel)
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.wm.read_homefile(app_template="Video_Editing")
    yield 1.0
    assert not bpy.app.is_job_running("RENDER")
    assert not [each.name for each in bpy.data.scenes if each.name.startswith(".")]
    assert bpy.app.handlers.render_cancel != handlers

    # Blender heeds no Esc that comes from the screen while it simulates events: another one, that does not.
    other = subprocess.Popen([each for each in sys.argv if each != "--enable-event-simulate"] + ["esc"])
    yield from stage.until(lambda: other.poll() is not None, "the other Blender", 120.0)
    assert other.returncode == 0


def steps_of_esc() -> stage.Steps:
    """Esc while a key is rendered that would take for ever."""
    stage.register()
    build()
    shot3d.edit(SIZE)
    scene().cycles.samples = MANY
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=view()):
        bpy.ops.fcvg.inbetween_keyframes("INVOKE_DEFAULT")
    yield from stage.until(lambda: bpy.app.is_job_running("RENDER"), "a render job")
    yield 1.0
    stage.screenshot("esc")
    x11.press(x11.ESCAPE)
    yield from stage.until(lambda: status().outcome, "the end by Esc", 20.0)
    assert status().outcome.startswith("The rendering was cancelled."), status().outcome
    at_rest()


stage.perform(steps_of_esc if sys.argv[-1] == "esc" else steps)
