# SPDX-License-Identifier: GPL-3.0-or-later
"""What the window tests of 3D keyframes share: a head that rolls past a camera, the 3D view, the click."""

from __future__ import annotations

import time
from typing import Any

import bpy
import stage

FRAMES = (1, 7, 13)
AT = 5  # the frame that the artist looks at


def window() -> Any:
    return bpy.context.window_manager.windows[0]


def scene() -> Any:
    return window().scene


def status() -> Any:
    return bpy.context.window_manager.fcvg.stills


def keys() -> list[Any]:
    strips = stage.sequencer_scene().sequence_editor.strips
    return sorted((each for each in strips if each.fcvg.still_scene), key=lambda each: each.left_handle)


def view() -> Any:
    return next(area for area in window().screen.areas if area.type == "VIEW_3D")


def build(engine: str, size: tuple[int, int]) -> Any:
    """A head with a keyframe on each of `FRAMES`, in a scene of its own, which one area shows in 3D; the head."""
    shot = window().scene = bpy.data.scenes.new("Shot")
    shot.render.engine, shot.render.filepath = engine, "//shot"
    shot.render.resolution_x, shot.render.resolution_y = size
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
    with bpy.context.temp_override(window=window(), area=view()):
        bpy.ops.mesh.primitive_monkey_add(size=4)
        head = bpy.context.object
    head.name = "Ball"
    for frame in FRAMES:
        head.location.x = (frame - 7) / 3
        head.keyframe_insert("location", frame=frame)
    shot.frame_set(AT)
    return head


def edit(size: tuple[int, int]) -> Any:
    """The scene that the sequencer shows, empty."""
    film = stage.sequencer_scene()
    film.render.resolution_x, film.render.resolution_y = size
    film.view_settings.view_transform = "Standard"
    film.fcvg.method, film.fcvg.cuts = "DISSOLVE", "MAKE"
    return film


def show_tab(area: Any) -> stage.Steps:
    """Open the sidebar of an area at the add-on's tab."""
    area.spaces.active.show_region_ui = True
    yield 0.5
    for region in area.regions:
        if region.type == "UI":
            region.active_panel_category = "Inbetween"
    area.tag_redraw()
    yield 0.5


def press(*pressed: str, ctrl: bool = False, over: Any = None) -> stage.Steps:
    """Keys, the mouse over an area, the 3D view if none is given."""
    area = over or view()
    x, y = area.x + area.width // 3, area.y + area.height // 2
    window().event_simulate("MOUSEMOVE", "NOTHING", x=x, y=y)
    yield 0.05
    for key in pressed:
        written = {"SPACE": " "}.get(key, key.lower() if len(key) == 1 else None)
        options = {"unicode": written} if written and not ctrl else {}
        window().event_simulate(key, "PRESS", x=x, y=y, ctrl=ctrl, **options)
        window().event_simulate(key, "RELEASE", x=x, y=y, ctrl=ctrl)
        yield 0.05


def click(over: Any = None) -> stage.Steps:
    """Inbetween Keyframes, found with F3."""
    status().outcome = ""  # an earlier one's
    yield from press("F3", *"INBETWEEN", "SPACE", *"KEYF", over=over)
    yield 0.3
    yield from press("RET", over=over)
    yield from stage.until(lambda: status().total or status().outcome, "the rendering to begin")


def all_done(film: Any = None) -> bool:
    """Whether there are inbetweens between all keys of an edit, all takes of them made and none out of date."""
    strips = (film or stage.sequencer_scene()).sequence_editor.strips
    ours = [each.fcvg for each in strips if each.fcvg.id]
    takes = [take for each in ours for take in (each, *each.others)]
    return (
        len(ours) == sum(bool(each.fcvg.still_scene) for each in strips) - 1
        and all(take.state == "DONE" for take in takes)
        and not any(each.stale for each in ours)
    )
