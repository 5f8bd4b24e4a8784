# SPDX-License-Identifier: GPL-3.0-or-later
"""What the window tests share: the add-on in a real Blender, an edit of two strips, a script that goes on step by step.

Run inside Blender with `--python tests/window/….py -- OUT_DIR`. Steps are a generator run by a timer, as an artist's
hands would: it yields the seconds to wait. The process leaves with code 0 when the generator ends, else with 1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import addon_utils
import bpy

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = "bl_ext.user_default.fcvg_inbetween"
HANG_S = 300.0

Steps = Generator[float, None, None]


def out_dir() -> Path:
    """Where screenshots and figures go: the argument after `--`."""
    path = Path(sys.argv[sys.argv.index("--") + 1])
    path.mkdir(parents=True, exist_ok=True)
    return path


def register() -> None:
    """Enable the installed extension if there is one, else the add-on of this checkout.

    An app template given on the command line comes with its own preferences, in which nothing is enabled.
    """
    if hasattr(bpy.types.Scene, "fcvg"):
        return
    if any(module.__name__ == EXTENSION for module in addon_utils.modules()):
        bpy.ops.preferences.addon_enable(module=EXTENSION)
    else:
        sys.path.insert(0, str(ROOT))
        import fcvg_blender

        fcvg_blender.register()


def addon(module: str) -> Any:
    """A module of the add-on that is registered, wherever it lies."""
    register()
    name = next(n for n in sys.modules if n.endswith("fcvg_blender.registration")).removesuffix("registration")
    return __import__(name + module, fromlist=["*"])


def perform(steps: Callable[[], Steps]) -> None:
    """Run `steps` once the window stands, then leave Blender."""
    running = steps()
    began_s = time.monotonic()

    def step() -> float | None:
        try:
            if time.monotonic() - began_s > HANG_S:
                raise TimeoutError(f"the window test took longer than {HANG_S:g} s")
            return next(running)
        except StopIteration:
            leave(0)
        except BaseException:
            traceback.print_exc()
            screenshot("failed")
            leave(1)
        return None

    bpy.app.timers.register(step, first_interval=2.0, persistent=True)


def leave(code: int) -> None:
    """Leave at once: quitting properly would ask whether to save. The engine leaves because its input ends."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def until(condition: Callable[[], Any], what: str, timeout_s: float = 60.0) -> Steps:
    """Wait for `condition`."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}")
        yield 0.05


def sequencer_scene() -> Any:
    """The scene whose edit the window shows; another object after each undo."""
    return getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene


def edit(size: tuple[int, int] = (960, 540), length: int = 24, gap: int = 12) -> Any:
    """Two strips of pictures with `gap` frames between them, both selected; gives the scene."""
    scene = sequencer_scene()
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.view_settings.view_transform = "Standard"
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips
    for strip in list(strips):
        strips.remove(strip)
    folder = out_dir() / "pictures"
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(("A", "B")):
        path = folder / f"{name}.png"
        picture(path, size, number)
        strip = strips.new_image(name, str(path), 1, 1 + number * (length + gap))
        strip.right_handle = strip.left_handle + length
        strip.select = True
    scene.frame_start, scene.frame_end = 1, 2 * length + gap
    bpy.ops.ed.undo_push(message="Edit")
    return scene


def board(panels: int, size: tuple[int, int], length: int = 12, gap: int = 11) -> Any:
    """Strips P01, P02, … with `gap` frames between them; every tenth panel is another shot. Gives the scene."""
    scene = sequencer_scene()
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.view_settings.view_transform = "Standard"
    strips = (scene.sequence_editor or scene.sequence_editor_create()).strips
    for strip in list(strips):
        strips.remove(strip)
    folder = out_dir() / "pictures"
    folder.mkdir(exist_ok=True)
    for number in range(panels):
        path = folder / f"P{number + 1:02d}.png"
        if number % 10 == 9:
            picture(path, size, 0, another=True)
        else:
            picture(path, size, number % 3)
        strip = strips.new_image(path.stem, str(path), 1, 1 + number * (length + gap))
        strip.right_handle = strip.left_handle + length
    scene.frame_start, scene.frame_end = 1, panels * (length + gap)
    bpy.ops.ed.undo_push(message="Board")
    return scene


def picture(path: Path, size: tuple[int, int], step: int, another: bool = False) -> None:
    """A disc over stripes; `step` moves it to the right. With `another` a different place altogether."""
    import numpy as np

    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.empty((height, width, 4), np.float32)
    pixels[..., 0] = 0.20 + 0.15 * ((x // 60) % 2)
    pixels[..., 1] = 0.35 + 0.10 * ((y // 60) % 2)
    pixels[..., 2] = 0.55
    centre = width * (0.35 + 0.12 * step), height * (0.5 + 0.05 * step)
    disc = np.hypot(x - centre[0], y - centre[1]) < height * 0.18
    pixels[disc, :3] = (0.95, 0.75, 0.25)
    if another:
        pixels[..., :3] = np.where((np.hypot(x - width, y) % 37 < 12)[..., None], (0.7, 0.2, 0.1), (0.9, 0.85, 0.8))
    pixels[..., 3] = 1.0
    image = bpy.data.images.new(path.name, width, height)
    image.pixels.foreach_set(pixels.ravel())
    image.file_format = "PNG"
    image.save(filepath=str(path))
    bpy.data.images.remove(image)


def sequencer_areas() -> list[Any]:
    """The areas of the window that show the sequencer."""
    return [area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "SEQUENCE_EDITOR"]


def show_sidebars(category: str = "Inbetween") -> Steps:
    """Open the sidebar of every sequencer at one tab."""
    for area in sequencer_areas():
        area.spaces.active.show_region_ui = True
    yield 0.5
    for area in sequencer_areas():
        for region in area.regions:
            if region.type == "UI":
                region.active_panel_category = category
        area.tag_redraw()
    yield 0.5


def tall_sidebar() -> None:
    """Put the preview in the place of the other editors: its sidebar holds all panels."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in sequencer_areas() if area.spaces.active.view_type == "PREVIEW")
    area.spaces.active.view_type = "SEQUENCER_PREVIEW"
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.screen.screen_full_area()


def run(operator: Any, **properties: Any) -> None:
    """Call an operator as a button of the sidebar does."""
    area, window = timeline(), bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        operator("INVOKE_DEFAULT", True, **properties)


def ours() -> Any:
    """The strip of inbetweens, or None."""
    strips = sequencer_scene().sequence_editor.strips
    return next((strip for strip in strips if strip.fcvg.id), None)


def jobs() -> Any:
    """The jobs that the panel shows."""
    return bpy.context.window_manager.fcvg.jobs


def click() -> None:
    """Generate from A to B as the button does, with its undo step."""
    for strip in sequencer_scene().sequence_editor.strips:
        strip.select = strip.name in ("A", "B")
    area = timeline()
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=area.regions[-1]):
        bpy.ops.fcvg.generate_inbetweens("INVOKE_DEFAULT", True)


def draw() -> None:
    """Have the window drawn now."""
    bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)


def timeline() -> Any:
    """The area that shows strips on channels."""
    return next(area for area in sequencer_areas() if area.spaces.active.view_type != "PREVIEW")


def press(*keys: str, ctrl: bool = False, shift: bool = False, above_px: int = 0) -> Steps:
    """Press keys one after the other, the mouse over the middle of the timeline or `above_px` higher."""
    window = bpy.context.window_manager.windows[0]
    area = timeline()
    x, y = area.x + area.width // 3, area.y + area.height // 2 + above_px
    window.event_simulate("MOUSEMOVE", "NOTHING", x=x, y=y)
    yield 0.05
    for key in keys:
        written = {"SPACE": " "}.get(key, key.lower() if len(key) == 1 else None)
        options = {"unicode": written} if written and not ctrl else {}
        window.event_simulate(key, "PRESS", x=x, y=y, ctrl=ctrl, shift=shift, **options)
        window.event_simulate(key, "RELEASE", x=x, y=y, ctrl=ctrl, shift=shift)
        yield 0.05


def screenshot(name: str) -> Path:
    """The whole screen as it is now."""
    path = out_dir() / f"{name}.png"
    subprocess.run(["import", "-window", "root", str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


def write_figures(name: str, figures: dict[str, Any]) -> None:
    """Measurements as JSON beside the screenshots, and printed."""
    (out_dir() / f"{name}.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")
    sys.stdout.write(f"{name}: {json.dumps(figures)}\n")
