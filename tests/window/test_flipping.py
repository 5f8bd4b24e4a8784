# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes in a real window: made with a shortcut, flipped through while the edit plays, undone; menus show the keys.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_flipping.py -- OUT_DIR
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage
from stage import ours

GAP = 24
FLIPS = 20


def verb(name: str, **values: object) -> None:
    """What a click on one of the add-on's buttons does, with its undo step."""
    area = stage.timeline()
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=area.regions[-1]):
        getattr(bpy.ops.fcvg, name)("EXEC_DEFAULT", True, **values)


def fill_window() -> None:
    """Let the timeline take the whole window, or give the others their place back."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=stage.timeline()):
        bpy.ops.screen.screen_full_area()


def scroll_sidebar(notches: int) -> stage.Steps:
    """Turn the wheel over the timeline's sidebar."""
    window = bpy.context.window_manager.windows[0]
    region = next(region for region in stage.timeline().regions if region.type == "UI")
    x, y = region.x + region.width // 3, region.y + region.height // 2
    window.event_simulate("MOUSEMOVE", "NOTHING", x=x, y=y)
    for _ in range(notches):
        window.event_simulate("WHEELDOWNMOUSE", "PRESS", x=x, y=y)
        yield 0.02
    yield 0.5


def is_at(number: int) -> bool:
    """Whether the strip shows this take, frame by frame."""
    folder = bpy.path.abspath(ours().directory)
    shown = {Path(folder, element.filename) for element in ours().elements}
    return ours().fcvg.number == number and len(shown) == GAP and all(path.is_file() for path in shown)


def type_into_text(*keys: tuple[str, str]) -> stage.Steps:
    """Press keys with Shift, each with the sign it writes, over the preview while a text strip is edited there."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in stage.sequencer_areas() if area.spaces.active.view_type == "PREVIEW")
    x, y = area.x + area.width // 3, area.y + area.height // 2
    window.event_simulate("MOUSEMOVE", "NOTHING", x=x, y=y)
    yield 0.1
    for key, shift, written in (("TAB", False, None), *((key, True, sign) for key, sign in keys)):
        options = {"unicode": written} if written else {}
        window.event_simulate(key, "PRESS", x=x, y=y, shift=shift, **options)
        window.event_simulate(key, "RELEASE", x=x, y=y, shift=shift)
        yield 0.1
    window.event_simulate("ESC", "PRESS", x=x, y=y)
    window.event_simulate("ESC", "RELEASE", x=x, y=y)
    yield 0.1


def measure() -> dict[str, Any]:
    """Milliseconds for one flip of all frames."""
    takes = stage.addon("edit.strip_takes")
    operator, alone = [], []
    for _ in range(FLIPS):
        began_s = time.perf_counter()
        verb("next_take", by=1)
        operator.append(time.perf_counter() - began_s)
        began_s = time.perf_counter()
        takes.show(ours(), 3 - ours().fcvg.number)
        alone.append(time.perf_counter() - began_s)
    return {
        f"flip_{name}_ms": {"median": round(statistics.median(each) * 1e3, 1), "max": round(max(each) * 1e3, 1)}
        for name, each in (("operator_with_undo", operator), ("alone", alone))
    }


def steps() -> stage.Steps:
    stage.register()
    scene = stage.edit(gap=GAP)
    scene.fcvg.method, scene.fcvg.cuts = "DISSOLVE", "MAKE"
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    with bpy.context.temp_override(area=stage.timeline(), region=stage.timeline().regions[-1]):
        bpy.ops.sequencer.view_all()

    yield from stage.press("I", shift=True)
    yield from stage.until(lambda: ours() and ours().fcvg.state == "DONE", "inbetweens by their shortcut")
    stage.sequencer_scene().fcvg.format = "JPG"
    verb("new_take")
    yield from stage.until(lambda: is_at(2), "the second take, shown because it is done")
    yield 0.5
    stage.screenshot("two_takes")

    yield from stage.press("PERIOD", shift=True)
    yield from stage.until(lambda: is_at(1), "the next take by its shortcut")
    yield from stage.press("COMMA", shift=True)
    yield from stage.until(lambda: is_at(2), "the previous take by its shortcut")
    yield from stage.press("COMMA", shift=True)
    yield from stage.until(lambda: is_at(1), "the one before")
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: is_at(2), "all flips undone by one step")
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: is_at(1), "the flips redone")

    verb("delete_take", number=2)
    assert not len(ours().fcvg.others)
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: len(ours().fcvg.others) == 1 and is_at(1), "the deleted take back")
    yield from stage.press("PERIOD", shift=True)
    yield from stage.until(lambda: is_at(2), "it shows all of its frames")

    verb("copy_recipe")
    assert "fcvg_engine inbetween" in bpy.context.window_manager.clipboard

    figures = measure()
    bpy.ops.screen.animation_play()
    for _ in range(6):
        before = ours().fcvg.number
        yield from stage.press("PERIOD", shift=True)
        yield from stage.until(lambda before=before: is_at(3 - before), "a flip while the edit plays")
    assert bpy.context.screen.is_animation_playing
    bpy.ops.screen.animation_cancel()

    user = bpy.context.window_manager.keyconfigs.user.keymaps
    shown = [item.to_string() for keymap in user for item in keymap.keymap_items if item.idname == "fcvg.next_take"]
    assert sorted(shown) == ["Shift ,", "Shift ."], "the artist can change them in the preferences"

    bpy.context.window_manager.fcvg.paused = True
    settings = stage.sequencer_scene().fcvg
    settings.method, settings.seed = "FCVG", 7
    verb("new_take")
    verb("pin_take", number=1)
    settings.method = "DISSOLVE"
    fill_window()
    yield 0.5
    yield from scroll_sidebar(12)
    stage.screenshot("three_takes")
    for name in ("FCVG_MT_takes", "SEQUENCER_MT_strip"):
        with bpy.context.temp_override(area=stage.timeline(), region=stage.timeline().regions[-1]):
            bpy.ops.wm.call_menu(name=name)
        yield 0.7
        stage.screenshot(name)
        yield from stage.press("ESC")
    fill_window()
    yield 0.5
    bpy.ops.fcvg.cancel()
    yield from stage.until(lambda: len(ours().fcvg.others) == 1, "the waiting take cancelled")

    editor = stage.sequencer_scene().sequence_editor
    text = editor.strips.new_effect(name="Text", type="TEXT", channel=5, frame_start=1, length=72)
    text.text = ""
    editor.active_strip = text
    for strip in editor.strips:
        strip.select = True
    number, strips = ours().fcvg.number, len(editor.strips)
    yield from type_into_text(("I", "I"), ("PERIOD", ">"), ("COMMA", "<"))
    stage.screenshot("typing")
    editor = stage.sequencer_scene().sequence_editor
    assert editor.strips["Text"].text == "I><", f"typed into a text strip: {editor.strips['Text'].text!r}"
    assert (ours().fcvg.number, len(editor.strips)) == (number, strips), "no shortcut while text is typed"
    stage.write_figures("flipping", figures)


stage.perform(steps)
