# SPDX-License-Identifier: GPL-3.0-or-later
"""README's window pictures: the whole window while frames are made, the table of models in the preferences.

Reads demo/out/true (from `make demo`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import addon_utils
import bpy
import studio
from studio import stage

KEY_LENGTH, GAP = 12, 23


def build_edit() -> Any:
    """The edit of `make demo`, before the click."""
    pictures = sorted((studio.ROOT / "demo" / "out" / "true").glob("*.png"))
    keys = ("Key A", pictures[0], 1, KEY_LENGTH), ("Key B", pictures[-1], 1 + KEY_LENGTH + GAP, KEY_LENGTH)
    scene = studio.new_edit((1280, 720), list(keys))
    scene.render.fps, scene.frame_current = 25, KEY_LENGTH
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
            area.spaces.active.preview_overlay.show_image_outline = False
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
    bpy.ops.fcvg.generate_inbetweens("INVOKE_DEFAULT")
    status = bpy.context.window_manager.fcvg
    yield from stage.until(lambda: status.jobs and status.jobs[0].fraction > 0.5, "half of the frames", 120)
    scene.frame_current = KEY_LENGTH + 6
    yield 0.3
    stage.screenshot("panel")
    yield from stage.until(lambda: not status.jobs, "all frames", 120)
    yield from show_models()
    stage.screenshot("models")


def show_models() -> stage.Steps:
    """The add-on's preferences, open at its models, on the whole screen."""
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "FCVG"
    for module in addon_utils.modules():
        if module.__name__ == stage.EXTENSION:
            addon_utils.module_bl_info(module)["show_expanded"] = True
    stage.addon("settings.addon_choices").of_addon(bpy.context).section = "MODELS"
    area = stage.timeline()
    area.type = "PREFERENCES"
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area):
        bpy.ops.screen.screen_full_area(use_hide_panels=True)
    status = bpy.context.window_manager.fcvg
    yield from stage.until(lambda: len(status.models) > 5, "the table")
    yield 1.0


stage.perform(steps)
