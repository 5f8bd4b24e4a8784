"""README's window pictures, taken in a real Blender: `tools/pictures.sh` runs this inside Blender 5.2.

Reads demo/out/true (from `make demo`), writes ready.png, running.png, done.png and models.png into the folder after
`--`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "ui"))

import addon_utils
import bpy
import stage

KEY_LENGTH, GAP = 12, 23


def build_edit() -> Any:
    """The edit of `make demo`, before the click."""
    scene = stage.sequencer_scene()
    scene.render.resolution_x, scene.render.resolution_y, scene.render.fps = 1280, 720, 25
    scene.view_settings.view_transform = "Standard"
    strips = (scene.sequence_editor or scene.sequence_editor_create()).strips
    pictures = sorted((ROOT / "demo" / "out" / "true").glob("*.png"))
    for name, path, first in (("Key A", pictures[0], 1), ("Key B", pictures[-1], 1 + KEY_LENGTH + GAP)):
        strip = strips.new_image(name, str(path), 1, first)
        strip.right_handle = first + KEY_LENGTH
        strip.select = True
    scene.frame_start, scene.frame_end = 1, 2 * KEY_LENGTH + GAP
    scene.frame_current = KEY_LENGTH
    return scene


def tidy_window() -> stage.Steps:
    """The timeline fills its width, the preview shows the picture alone."""
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    window = bpy.context.window_manager.windows[0]
    for area in window.screen.areas:  # no paths of this computer in the picture
        if area.type == "FILE_BROWSER":
            area.type = "OUTLINER"
    for area in stage.sequencer_areas():
        area.spaces.active.timeline_overlay.show_strip_source = False
        if area.spaces.active.view_type == "PREVIEW":
            area.spaces.active.show_region_ui = False
        region = next(each for each in area.regions if each.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            if area.spaces.active.view_type == "SEQUENCER":
                bpy.ops.sequencer.view_all()
            else:
                bpy.ops.sequencer.view_all_preview()
    yield 0.5


def steps() -> stage.Steps:
    stage.register()
    scene = build_edit()
    yield from tidy_window()
    stage.screenshot("ready")
    bpy.ops.fcvg.generate_inbetweens("INVOKE_DEFAULT")
    status = bpy.context.window_manager.fcvg
    yield from stage.until(lambda: status.jobs and status.jobs[0].fraction > 0.5, "half of the frames", 120)
    scene.frame_current = KEY_LENGTH + 6
    yield 0.3
    stage.screenshot("running")
    yield from stage.until(lambda: not status.jobs, "all frames", 120)
    scene.frame_current = KEY_LENGTH + GAP // 2
    yield 0.7
    stage.screenshot("done")
    yield from show_models()
    stage.screenshot("models")


def show_models() -> stage.Steps:
    """The add-on's preferences, open at its models, on the whole screen."""
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "FCVG"
    for module in addon_utils.modules():
        if module.__name__ == stage.EXTENSION:
            addon_utils.module_bl_info(module)["show_expanded"] = True
    stage.addon("preferences").of_addon(bpy.context).section = "MODELS"
    area = stage.timeline()
    area.type = "PREFERENCES"
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area):
        bpy.ops.screen.screen_full_area(use_hide_panels=True)
    status = bpy.context.window_manager.fcvg
    yield from stage.until(lambda: len(status.models) > 5, "the table")
    yield 1.0


stage.perform(steps)
