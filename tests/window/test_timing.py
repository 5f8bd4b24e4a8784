# SPDX-License-Identifier: GPL-3.0-or-later
"""Timing charts in a real window: crisp in every look, a click retimes, undo and redo, missing drawings are made.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_timing.py -- OUT_DIR
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import numpy as np
import stage
from stage import ours

GAP = 24
ALIKE = 0.98  # correlation; a picture that Blender has scaled by a pixel stays below


def seen(name: str) -> np.ndarray:
    """A screenshot, float32 [H, W] in [0, 1], first row on top."""
    image = bpy.data.images.load(str(stage.screenshot(name)))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[::-1, :, :3].mean(axis=2)


def find(screen: np.ndarray, picture: np.ndarray) -> tuple[float, int, int]:
    """How like `picture` the most similar place of the screen is, in [-1, 1], and its column and row."""
    template = picture - picture.mean()
    shape = [size + extent for size, extent in zip(screen.shape, picture.shape, strict=True)]

    def correlate(kernel: np.ndarray, image: np.ndarray) -> np.ndarray:
        product = np.fft.rfft2(image, shape) * np.conj(np.fft.rfft2(kernel, shape))
        valid = np.fft.irfft2(product, shape)
        return valid[: image.shape[0] - kernel.shape[0] + 1, : image.shape[1] - kernel.shape[1] + 1]

    ones = np.ones_like(picture)
    deviation = correlate(ones, screen**2) - correlate(ones, screen) ** 2 / picture.size
    likeness = correlate(template, screen) / np.sqrt(np.maximum(deviation, 1e-3) * (template**2).sum())
    row, column = np.unravel_index(likeness.argmax(), likeness.shape)
    return float(likeness[row, column]), int(column), int(row)


def chart_on_screen(name: str) -> tuple[int, int]:
    """Column and row of the active strip's chart, which is asserted to be there pixel by pixel."""
    charts, chart_picture = stage.addon("ui.chart_icons"), stage.addon("ui.chart_picture")
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        context = bpy.context
        side = int(
            (stage.addon("ui.panels.timing").CHART_UNITS - 0.3) * stage.addon("ui.layout_parts").unit_px(context)
        )
        ink, missing = charts._colours(context)
        style = chart_picture.ChartStyle(side, side, float(context.preferences.system.ui_scale), ink, missing)
    pixels = chart_picture.paint(charts.of_strip(ours()), style)
    # Against the panel's own grey the lines are what differs.
    drawn = pixels[..., 3] * (pixels[..., :3].mean(axis=2) - (0.2 if ink[0] > 0.5 else 0.7))
    likeness, column, row = find(seen(name), drawn)
    assert likeness > ALIKE, f"{name}: the chart on the screen is only {likeness:.3f} like the chart"
    return column, row


def click(x: int, y: int) -> stage.Steps:
    """Click on a place of the screen, counted from its top left corner."""
    window = bpy.context.window_manager.windows[0]
    at = {"x": x, "y": window.height - y}
    for kind, value in (("MOUSEMOVE", "NOTHING"), ("LEFTMOUSE", "PRESS"), ("LEFTMOUSE", "RELEASE")):
        window.event_simulate(kind, value, **at)
        yield 0.1
    yield 0.4


def retime(**options: str) -> float:
    """As a button of the panel does; milliseconds."""
    area = stage.timeline()
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        began_s = time.perf_counter()
        bpy.ops.fcvg.retime("INVOKE_DEFAULT", True, **options)
        return (time.perf_counter() - began_s) * 1e3


def shown() -> list[str]:
    return [element.filename for element in ours().elements]


def steps() -> stage.Steps:
    stage.register()
    scene = stage.edit(size=(320, 180), gap=GAP)
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    stage.tall_sidebar()
    yield 0.5
    with bpy.context.temp_override(area=stage.timeline(), region=stage.timeline().regions[-1]):
        bpy.ops.sequencer.view_all()
    scene.fcvg.method, scene.fcvg.cuts = "DISSOLVE", "MAKE"
    stage.click()
    yield from stage.until(lambda: ours() and ours().fcvg.state == "DONE", "the inbetweens")
    even = shown()
    yield 1.5  # until the panels have come to rest

    column, row = chart_on_screen("even")
    side = int(7.7 * 21)
    yield from click(column + side + 80, row + 30)
    assert ours().fcvg.timing == "ease-in", "a click on the second preset"
    assert shown() != even
    slow = shown()
    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: shown() == even and ours().fcvg.timing == "linear", "the retiming undone")
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: shown() == slow, "and done again")

    retime(hold="TWOS")
    yield from click(column + side + 80, row + 50)
    assert (ours().fcvg.timing, ours().fcvg.hold) == ("ease-out", 2), "the third preset, still on twos"
    yield 1.0
    chart_on_screen("missing")

    bpy.context.preferences.view.ui_scale = 2
    window = bpy.context.window_manager.windows[0]
    window.event_simulate("MOUSEMOVE", "NOTHING", x=20, y=20)  # no tooltip over the chart
    yield 2.0
    ui = next(region for region in stage.timeline().regions if region.type == "UI")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=stage.timeline(), region=ui):
        for _ in range(3):
            bpy.ops.view2d.scroll_down()
    yield 1.0
    chart_on_screen("scale_2")
    theme = Path(bpy.utils.system_resource("SCRIPTS"), "presets", "interface_theme", "Blender_Light.xml")
    bpy.ops.script.execute_preset(filepath=str(theme), menu_idname="USERPREF_MT_interface_theme_presets")
    yield 1.0
    chart_on_screen("scale_2_light")
    bpy.context.preferences.view.ui_scale = 1
    yield 2.0
    chart_on_screen("light")

    took_ms = [retime(timing=name) for name in ("LINEAR", "EASE_IN", "ANTICIPATION", "FAVOUR_LAST") * 5]
    stage.write_figures("retime", {"median_ms": float(np.median(took_ms)), "longest_ms": max(took_ms)})
    area = stage.timeline()
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=area.regions[-1]):
        bpy.ops.fcvg.make_missing("INVOKE_DEFAULT", True)
    yield from stage.until(lambda: ours() and ours().fcvg.state == "DONE", "the missing drawings")
    assert len(set(shown())) == GAP // 2
    yield 1.0
    chart_on_screen("made")


stage.perform(steps)
