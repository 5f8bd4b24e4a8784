# SPDX-License-Identifier: GPL-3.0-or-later
"""Badges in a real window: a key is painted over, the strip says so, is made anew, and an inbetween becomes a key.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_badges.py -- OUT_DIR
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import numpy as np
import stage

GAP = 48
STRIPS = 60  # in view while drawing is measured


def operate(name: str) -> None:
    """As a click on the button, with its undo step."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=stage.timeline()):
        getattr(bpy.ops.fcvg, name)("EXEC_DEFAULT", True)


def view_all() -> None:
    """The whole edit in view, in the timeline."""
    with bpy.context.temp_override(area=stage.timeline(), region=window_region()):
        bpy.ops.sequencer.view_all()


def fill_window() -> stage.Steps:
    """The timeline alone in the window, without its sidebar."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=stage.timeline()):
        bpy.ops.screen.screen_full_area()
    yield 0.5
    stage.timeline().spaces.active.show_region_ui = False
    yield 1.0
    view_all()
    yield 1.0


def window_region() -> Any:
    return next(region for region in stage.timeline().regions if region.type == "WINDOW")


def inbetweens() -> list[Any]:
    strips = stage.sequencer_scene().sequence_editor.strips
    return sorted((strip for strip in strips if strip.fcvg.id), key=lambda strip: int(strip.left_handle))


def is_done(strips: list[Any]) -> bool:
    return not stage.jobs() and all(strip.fcvg.state == "DONE" for strip in strips)


def coloured(name: str, colour: tuple[float, ...]) -> np.ndarray[Any, Any]:
    """Where a screenshot has a colour, bool [H, W] from the bottom up, of the timeline's region only."""
    image = bpy.data.images.load(str(stage.screenshot(name)))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    region = window_region()
    found = pixels.reshape(height, width, 4)[region.y : region.y + region.height, region.x : region.x + region.width]
    return (np.abs(found[..., :3] - colour[:3]) < 0.02).all(axis=-1)  # type: ignore[no-any-return]


def box_of(strip: Any) -> tuple[int, int, int, int]:
    """Left, bottom, right and top of a strip in the timeline's region, in pixels."""
    to_region = window_region().view2d.view_to_region
    left, bottom = to_region(strip.left_handle, strip.channel, clip=False)
    right, top = to_region(strip.right_handle, strip.channel + 1, clip=False)
    return left, bottom, right, top


def badge_is_inside(name: str, strip: Any, colour: tuple[float, ...]) -> int:
    """Pixels of the badge in the strip's box; there are none anywhere else."""
    found = coloured(name, colour)
    left, bottom, right, top = box_of(strip)
    inside = int(found[max(bottom, 0) : top, max(left, 0) : right].sum())
    assert inside == found.sum(), f"{found.sum() - inside} pixels of {name} lie outside the strip"
    return inside


def timed(draw: Callable[[], None], times_s: list[float]) -> Callable[[], None]:
    def call() -> None:
        began_s = time.perf_counter()
        draw()
        times_s.append(time.perf_counter() - began_s)

    return call


def steps() -> stage.Steps:
    stage.register()
    badges = stage.addon("ui.badges")
    scene = stage.edit(size=(320, 180), gap=GAP)
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    view_all()
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.out_dir() / "film.blend"))

    scene.fcvg.method, scene.fcvg.cuts = "DISSOLVE", "MAKE"
    stage.click()
    yield from stage.until(lambda: inbetweens() and inbetweens()[0].fcvg.made > 3, "some frames")
    stage.screenshot("running")
    yield from stage.until(lambda: is_done(inbetweens()), "all frames")
    yield 1.0
    assert not coloured("fits", badges.AMBER).any()

    bpy.ops.wm.save_mainfile()
    stage.picture(stage.out_dir() / "pictures" / "A.png", (320, 180), 3)
    yield from stage.until(lambda: inbetweens()[0].fcvg.stale == "START", "the badge")
    yield 0.5
    assert not bpy.data.is_dirty, "noting a change is no change of the file"
    assert badge_is_inside("changed", inbetweens()[0], badges.AMBER) > 30

    operate("regenerate")
    yield from stage.until(lambda: inbetweens()[0].fcvg.number == 2 and is_done(inbetweens()), "the new take")
    yield from stage.until(lambda: not inbetweens()[0].fcvg.stale, "the badge gone")
    yield 0.5
    assert not coloured("second_take", badges.AMBER).any()

    inbetweens()[0].fcvg.pinned = True
    stage.picture(stage.out_dir() / "pictures" / "B.png", (320, 180), 5)
    yield from stage.until(lambda: inbetweens()[0].fcvg.stale == "END", "the badge again")
    bpy.context.preferences.view.ui_scale = 2.0
    yield from fill_window()
    assert badge_is_inside("double_scale", inbetweens()[0], badges.AMBER) > 120
    scene.sequence_editor.strips.new_effect("Long", "COLOR", 9, 1, length=3000)
    view_all()
    yield 1.0
    assert 0 < badge_is_inside("dot", inbetweens()[0], badges.AMBER) < 200
    with bpy.context.temp_override(area=stage.timeline()):
        bpy.ops.screen.back_to_previous()
    scene.sequence_editor.strips.remove(scene.sequence_editor.strips["Long"])
    bpy.context.preferences.view.ui_scale = 1.0
    yield 1.5
    inbetweens()[0].fcvg.pinned = False
    bpy.ops.ed.undo_push(message="Unpin")

    first = inbetweens()[0].left_handle
    scene.sequence_editor.active_strip = inbetweens()[0]
    scene.frame_current = first + 20
    operate("promote_to_key")
    assert [strip.left_handle for strip in inbetweens()] == [first, first + 21]
    yield from stage.until(lambda: [strip.fcvg.number for strip in inbetweens()] == [3, 3], "the gaps beside the key")
    view_all()
    yield 1.0
    stage.screenshot("promoted")
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: len(inbetweens()) == 1, "one strip again")
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: len(inbetweens()) == 2, "the key again")

    for number in range(STRIPS):
        copy = stage.sequencer_scene().sequence_editor.strips.new_image(
            f"S{number}", "", 4 + number // 12, 1 + number % 12 * 9
        )
        copy.right_handle = copy.left_handle + 8
        copy.fcvg.id, copy.fcvg.state, copy.fcvg.stale, copy.fcvg.pinned = f"s{number}", "DONE", "GAP", True
        copy.fcvg.others.add().number = 2
    times_s: list[float] = []
    space: Any = bpy.types.SpaceSequenceEditor
    handle = space.draw_handler_add(timed(badges.draw, times_s), (), "WINDOW", "POST_PIXEL")
    view_all()
    for _ in range(12):
        stage.timeline().tag_redraw()
        yield 0.2
    space.draw_handler_remove(handle, "WINDOW")
    stage.screenshot("sixty")
    figures = {"strips": STRIPS, "draw_ms": round(1000 * float(np.median(times_s)), 2)}
    stage.write_figures("badges", figures)


stage.perform(steps)
