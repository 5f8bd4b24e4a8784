# SPDX-License-Identifier: GPL-3.0-or-later
"""What the picture scripts share: an edit of real pictures, a window of one look, a camera that crops.

Each script beside this runs inside a Blender 5.2 with a window of 900×640 (`tools/pictures.sh`) and leaves PNG files in
the folder after `--`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "window"))

import bpy
import stage

CARTOONS = ROOT / "tests" / "cartoons"
SCREEN_HEIGHT = 900  # of tools/real_blender.sh; windows stand in its lower left corner
PANEL = 0.19  # grey of the panels
TALLER = 1.5  # of Blender's zoom
Box = tuple[int, int, int, int]  # left, bottom, width, height in pixels of the window


def window() -> Any:
    return bpy.context.window_manager.windows[0]


def status() -> Any:
    """What the add-on's panels show."""
    return bpy.context.window_manager.fcvg


def new_edit(size: tuple[int, int], strips: list[tuple[str, Path, int, int]]) -> Any:
    """The edit that the window shows, of pictures given as name, file, first frame, length; gives its scene."""
    scene = stage.sequencer_scene()
    scene.render.resolution_x, scene.render.resolution_y, scene.render.fps = *size, 24
    scene.view_settings.view_transform = "Standard"
    editor = scene.sequence_editor or scene.sequence_editor_create()
    for strip in list(editor.strips):
        editor.strips.remove(strip)
    for name, path, first, length in strips:
        strip = editor.strips.new_image(name, str(path), 1, first)
        strip.right_handle = first + length
        strip.select = True
    scene.frame_start, scene.frame_end = 1, max(first + length for *_, first, length in strips) - 1
    bpy.ops.ed.undo_push(message="Edit")
    return scene


def sequencer(view: str = "SEQUENCER_PREVIEW", sidebar: bool = True) -> stage.Steps:
    """The sequencer alone in the window, open at the tab, the edit filling its width."""
    yield from stage.press("ESC")
    bpy.context.preferences.view.show_tooltips = False
    area = stage.timeline()
    area.spaces.active.view_type = view
    with bpy.context.temp_override(window=window(), area=area):
        bpy.ops.screen.screen_full_area()
    yield 0.5
    area = stage.timeline()
    yield from plain(area)
    area.spaces.active.show_region_ui = sidebar
    if sidebar:
        yield from stage.show_sidebars()
    yield from view_all(area)


def plain(*areas: Any) -> stage.Steps:
    """Sequencers without what is not talked about, all strips and the whole picture in view."""
    for area in areas:
        space = area.spaces.active
        space.show_region_toolbar = space.show_region_channels = space.show_region_ui = space.show_gizmo = False
        space.show_seconds = space.show_region_hud = False
        space.preview_overlay.show_image_outline = space.preview_overlay.show_cursor = False
        space.timeline_overlay.show_strip_source = False  # a path of this computer
    yield from view_all(*areas)


def view_all(*areas: Any) -> stage.Steps:
    """All strips and the whole picture in view, strips as high as their thumbnails want."""
    yield 0.5
    places = [(area, region) for area in areas for region in area.regions]
    shown = [(place, _shows(*place)) for place in places]
    for (area, region), what in shown:
        with bpy.context.temp_override(window=window(), area=area, region=region):
            if what == "picture":
                bpy.ops.sequencer.view_all_preview()
            elif what == "strips":
                bpy.ops.sequencer.view_all()
    yield 0.5  # Blender glides there
    for (area, region), what in shown:
        if what == "strips":
            with bpy.context.temp_override(window=window(), area=area, region=region):
                bpy.ops.view2d.zoom(deltax=0, deltay=TALLER)
                bpy.ops.view2d.pan(deltax=0, deltay=-region.height)
    yield 1.0


def _shows(area: Any, region: Any) -> str:
    if region.type == "PREVIEW" or (region.type == "WINDOW" and area.spaces.active.view_type == "PREVIEW"):
        return "picture"
    return "strips" if region.type == "WINDOW" else ""


def operate(name: str, **choices: Any) -> None:
    """An operator of the add-on as its button calls it."""
    area = stage.timeline()
    region = next(each for each in area.regions if each.type == "UI")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        getattr(bpy.ops.fcvg, name)("INVOKE_DEFAULT", True, **choices)


def point(x: int, y: int) -> stage.Steps:
    """The mouse to a place of the window."""
    window().event_simulate("MOUSEMOVE", "NOTHING", x=x, y=y)
    yield 0.3


def open_at_rest(panel: str) -> None:
    """Have a sub-panel of the tab open that is closed until somebody opens it; `panel` as `module.CLASS`."""
    module, _, name = panel.rpartition(".")
    kind = getattr(stage.addon(module), name)
    bpy.utils.unregister_class(kind)
    kind.bl_options = set()
    bpy.utils.register_class(kind)


def area_box(area: Any) -> Box:
    return area.x, area.y, area.width, area.height


def region_box(area: Any, kind: str) -> Box:
    """A region of an area, such as its sidebar (`UI`)."""
    region = next(each for each in area.regions if each.type == kind)
    return region.x, region.y, region.width, region.height


def sidebar() -> Box:
    """Of the sequencer."""
    return region_box(stage.timeline(), "UI")


def shoot(name: str, box: Box) -> None:
    """What a box of the window shows, as `name`.png."""
    left, bottom, width, height = box
    top = SCREEN_HEIGHT - bottom - height
    crop = f"{width}x{height}+{left}+{top}"
    path = stage.out_dir() / f"{name}.png"
    subprocess.run(
        ["import", "-window", "root", "-crop", crop, "+repage", str(path)], check=True, stdin=subprocess.DEVNULL
    )
