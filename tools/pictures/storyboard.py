# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/storyboard.md: a board of twelve panels in three shots, whose cuts are asked about.

Reads the panels from the folder `panels` beside the one after `--`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import studio
from studio import stage

LENGTH, GAP = 12, 11


def states() -> list[str]:
    return [strip.fcvg.state for strip in stage.sequencer_scene().sequence_editor.strips if strip.fcvg.id]


def steps() -> stage.Steps:
    stage.register()
    panels = sorted((stage.out_dir().parent / "panels").glob("P*.png"))
    places = [1 + number * (LENGTH + GAP) for number in range(len(panels))]
    scene = studio.new_edit(
        (640, 360), [(path.stem, path, place, LENGTH) for path, place in zip(panels, places, strict=True)]
    )
    presets = Path(stage.addon("ui.panels.presets").__file__).parents[2] / "presets" / "fcvg_inbetween"
    bpy.ops.script.execute_preset(filepath=str(presets / "Animatic.py"), menu_idname="FCVG_PT_presets")
    scene.fcvg.cuts = "ASK"
    yield from studio.sequencer()
    studio.operate("generate_inbetweens")
    yield from stage.until(lambda: "ASKING" in states() and states().count("DONE") > 2, "a question", 200)
    scene.sequence_editor.active_strip = None
    for strip in scene.sequence_editor.strips:
        strip.select = False
    yield 1.0
    studio.shoot("board-queue", studio.sidebar())
    area = stage.timeline()
    area.show_menus = False
    yield from studio.plain(area)
    scene.frame_current = 18
    yield 0.5
    studio.shoot("board-half", studio.area_box(area))


stage.perform(steps)
