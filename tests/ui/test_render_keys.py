"""Inbetweens from 3D keyframes in a real window: keys rendered before the artist, undo and Esc while it runs.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/ui/test_render_keys.py -- OUT_DIR
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage
import x11

FRAMES = (1, 7, 13)
SIZE = (960, 540)
FEW, MANY = 8, 100_000  # samples: about a second, and longer than anyone waits


def scene() -> Any:
    return bpy.context.window_manager.windows[0].scene


def status() -> Any:
    return bpy.context.window_manager.fcvg.stills


def keys() -> list[Any]:
    strips = stage.sequencer_scene().sequence_editor.strips
    return sorted((each for each in strips if each.fcvg.still_scene), key=lambda each: each.left_handle)


def view() -> Any:
    return next(area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D")


def build() -> None:
    """A ball that rolls past the camera, in a scene of its own; one area shows it in 3D."""
    shot = bpy.context.window_manager.windows[0].scene = bpy.data.scenes.new("Shot")
    shot.render.engine, shot.render.filepath = "CYCLES", "//shot"
    shot.render.resolution_x, shot.render.resolution_y = SIZE
    shot.cycles.samples, shot.cycles.use_denoising, shot.cycles.use_adaptive_sampling = FEW, False, False
    shot.frame_start, shot.frame_end = FRAMES[0], FRAMES[-1]
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (0, 0, 12)
    light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "SUN"))
    light.rotation_euler = (0.6, 0.4, 0)
    light.data.energy = 1 + time.time() % 1  # keys of an earlier run are not to be found
    for thing in (camera, light):
        shot.collection.objects.link(thing)
    shot.camera = camera
    next(area for area in stage.sequencer_areas() if area.spaces.active.view_type == "PREVIEW").type = "VIEW_3D"
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=view()):
        bpy.ops.mesh.primitive_monkey_add(size=4)
        ball = bpy.context.object
    ball.name = "Ball"
    for frame in FRAMES:
        ball.location.x = (frame - 7) / 3
        ball.keyframe_insert("location", frame=frame)
    shot.frame_set(5)
    bpy.ops.ed.undo_push(message="Shot")


def edit() -> Any:
    """The scene that the sequencer shows, empty."""
    film = stage.sequencer_scene()
    film.render.resolution_x, film.render.resolution_y = SIZE
    film.view_settings.view_transform = "Standard"
    film.fcvg.method, film.fcvg.cuts = "DISSOLVE", "MAKE"
    return film


def press(*pressed: str, ctrl: bool = False) -> stage.Steps:
    """Keys, the mouse over the 3D view."""
    window, area = bpy.context.window_manager.windows[0], view()
    x, y = area.x + area.width // 3, area.y + area.height // 2
    window.event_simulate("MOUSEMOVE", "NOTHING", x=x, y=y)
    yield 0.05
    for key in pressed:
        written = {"SPACE": " "}.get(key, key.lower() if len(key) == 1 else None)
        options = {"unicode": written} if written and not ctrl else {}
        window.event_simulate(key, "PRESS", x=x, y=y, ctrl=ctrl, **options)
        window.event_simulate(key, "RELEASE", x=x, y=y, ctrl=ctrl)
        yield 0.05


def click() -> stage.Steps:
    yield from press("F3", *"INBETWEEN", "SPACE", *"KEYF")
    yield 0.3
    yield from press("RET")
    yield from stage.until(lambda: status().total, "the rendering to begin")


def at_rest() -> None:
    """What an artist finds after keys were rendered, whichever way that has ended."""
    assert not bpy.app.is_job_running("RENDER")
    assert [each.name for each in bpy.data.scenes if each.name.startswith(".")] == []
    assert bpy.context.preferences.view.render_display_type == "WINDOW"
    assert len(bpy.context.window_manager.windows) == 1
    assert scene().frame_current == 5
    assert scene().render.filepath == "//shot"
    assert not status().total


def steps() -> stage.Steps:
    stage.register()
    build()
    edit()
    yield from press("ESC")
    view().spaces.active.show_region_ui = True
    yield 0.5
    for region in view().regions:
        if region.type == "UI":
            region.active_panel_category = "Inbetween"
    view().tag_redraw()
    yield 0.5
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
    yield from stage.until(lambda: not stage.jobs() and all_done(), "the inbetweens", 120.0)
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
    edit()
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


def all_done() -> bool:
    ours = [each for each in stage.sequencer_scene().sequence_editor.strips if each.fcvg.id]
    return len(ours) == 2 and all(each.fcvg.state == "DONE" for each in ours)


stage.perform(steps_of_esc if sys.argv[-1] == "esc" else steps)
