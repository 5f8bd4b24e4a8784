# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/timing-charts.md: charts of all presets, and a strip timed anew whose drawings are not all there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import numpy as np
import studio
from studio import stage

STREET = studio.CARTOONS / "street"


PRESETS = "LINEAR", "EASE_IN", "EASE_OUT", "EASE_IN_OUT", "FAVOUR_FIRST", "FAVOUR_LAST", "ANTICIPATION"
SIDE_PX = 170  # of a chart in the row of presets


def paint(name: str, context: Any, chart: Any) -> None:
    """A chart on the ground of a panel, as `name`.png."""
    charts, chart_picture = stage.addon("ui.chart_icons"), stage.addon("ui.chart_picture")
    pixels = chart_picture.paint(chart, chart_picture.ChartStyle(120, SIDE_PX, 1.0, *charts._colours(context)))
    height, width, _ = pixels.shape
    ground = np.ones_like(pixels)
    ground[..., :3] = studio.PANEL
    ground[..., :3] += pixels[..., 3:] * (pixels[..., :3] - ground[..., :3])
    image = bpy.data.images.new(name, width, height)
    image.pixels.foreach_set(np.ravel(ground[::-1]))
    image.file_format = "PNG"
    image.save(filepath=str(stage.out_dir() / f"{name}.png"))
    bpy.data.images.remove(image)


def steps() -> stage.Steps:
    stage.register()
    studio.open_at_rest("ui.panels.timing.FCVG_PT_timing")
    scene = studio.new_edit(
        (1024, 576), [("Car A", STREET / "start.png", 1, 24), ("Car B", STREET / "end.png", 34, 24)]
    )
    scene.fcvg.method = "RIFE"
    yield from studio.sequencer()
    for name in PRESETS:
        scene.fcvg.timing = name
        with bpy.context.temp_override(window=studio.window()):
            paint(f"chart-{name.lower()}", bpy.context, stage.addon("ui.chart_icons").of_settings(scene.fcvg, (24, 11)))
    scene.fcvg.timing = "LINEAR"
    studio.operate("generate_inbetweens")
    yield from stage.until(lambda: stage.ours() and stage.ours().fcvg.state == "DONE", "the drawings", 120)
    scene.frame_current = 29
    studio.operate("retime", timing="CUSTOM", times="0.06, 0.2, 0.5, 0.8, 0.94", hold="TWOS")
    yield 1.0
    studio.shoot("timing-strip", studio.sidebar())


stage.perform(steps)
