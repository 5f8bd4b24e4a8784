# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/3d-keys.md: a shot in the 3D view and the dope sheet, and the edit that one click makes of it.

Reads shot.blend from the folder `shot` beside the one after `--`; leaves the keys and drawings of the first gap there.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import studio
from studio import stage

GAPS, FIRST_GAP = 4, 23
OFFSET, SMALLER = (0.14, 0.02), 5.0  # of the camera's view, beside the sidebar


def areas() -> tuple[Any, Any]:
    """The upper and the lower one of two areas, all others closed."""
    screen = studio.window().screen
    kept = sorted(stage.sequencer_areas(), key=lambda area: area.y, reverse=True)
    for area in list(screen.areas):
        if area.type in {"FILE_BROWSER", "PROPERTIES", "OUTLINER"}:
            with bpy.context.temp_override(window=studio.window(), area=area):
                bpy.ops.screen.area_close()
    return kept[0], kept[1]


def show_tab(area: Any) -> stage.Steps:
    """The sidebar of an area, open at the tab."""
    space = area.spaces.active
    space.show_region_toolbar, space.show_region_ui = False, True
    yield 0.5
    next(each for each in area.regions if each.type == "UI").active_panel_category = "Inbetween"
    area.tag_redraw()
    yield 0.5


def strips() -> list[Any]:
    return list(bpy.data.scenes["Scene Edit"].sequence_editor.strips) if "Scene Edit" in bpy.data.scenes else []


def is_done() -> bool:
    made = [strip for strip in strips() if strip.fcvg.id]
    return len(made) == GAPS and all(strip.fcvg.state == "DONE" for strip in made)


def steps() -> stage.Steps:
    stage.register()
    shot = stage.out_dir().parent / "shot"
    yield from stage.press("ESC")
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"), load_ui=False)
    yield 1.0
    upper, lower = areas()
    upper.type, lower.type = "VIEW_3D", "DOPESHEET_EDITOR"
    yield 0.5
    view, sheet = upper.spaces.active, lower.spaces.active
    view.shading.type, view.region_3d.view_perspective = "MATERIAL", "CAMERA"
    view.shading.use_scene_world = view.shading.use_scene_lights = True
    view.overlay.show_floor = view.overlay.show_axis_x = view.overlay.show_axis_y = False
    view.overlay.show_relationship_lines = view.overlay.show_cursor = view.overlay.show_text = False
    view.show_gizmo = sheet.show_region_ui = False
    yield from show_tab(upper)
    for area, region, centre in ((upper, "WINDOW", "view3d.view_center_camera"), (lower, "WINDOW", "action.view_all")):
        kind = next(each for each in area.regions if each.type == region)
        with bpy.context.temp_override(window=studio.window(), area=area, region=kind):
            module, name = centre.split(".")
            getattr(getattr(bpy.ops, module), name)()
    view.region_3d.view_camera_offset = OFFSET
    view.region_3d.view_camera_zoom -= SMALLER
    yield 40.0  # until the shaders are there
    left, bottom, width, height = studio.area_box(lower)
    studio.shoot("3d-ready", (left, bottom, width, height + upper.height))
    with bpy.context.temp_override(window=studio.window(), area=upper):
        bpy.ops.fcvg.inbetween_keyframes("INVOKE_DEFAULT")
    status = studio.status().stills
    yield from stage.until(lambda: status.number == 3, "the third key", 120)
    yield 0.5
    studio.shoot("3d-rendering", (left, bottom, width, height + upper.height))
    yield from stage.until(is_done, "the inbetweens", 250)
    gap = min((strip for strip in strips() if strip.fcvg.id), key=lambda strip: strip.left_handle)
    for number, element in enumerate(gap.elements[:FIRST_GAP], gap.left_handle):
        source = Path(bpy.path.abspath(gap.directory), element.filename)
        shutil.copyfile(source, stage.out_dir() / f"made_{number:02d}.png")
    for key in sorted((strip for strip in strips() if strip.fcvg.still_scene), key=lambda strip: strip.left_handle)[:2]:
        source = Path(bpy.path.abspath(key.directory), key.elements[0].filename)
        shutil.copyfile(source, stage.out_dir() / f"key_{key.left_handle:02d}.png")
    upper.type, lower.type = "SEQUENCE_EDITOR", "SEQUENCE_EDITOR"
    upper.spaces.active.view_type, lower.spaces.active.view_type = "PREVIEW", "SEQUENCER"
    bpy.data.scenes["Scene Edit"].frame_current = 37
    yield from studio.plain(upper, lower)
    studio.shoot("3d-edit", (left, bottom, width, height + upper.height))


stage.perform(steps)
