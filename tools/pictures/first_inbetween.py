# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/first-inbetween.md: two keys selected, and what lies between them after the click."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import studio
from studio import stage

ROBOT = studio.CARTOONS / "robot"


def steps() -> stage.Steps:
    stage.register()
    scene = studio.new_edit(
        (1024, 576), [("Robot A", ROBOT / "start.png", 1, 24), ("Robot B", ROBOT / "end.png", 37, 24)]
    )
    scene.frame_current = 20
    yield from studio.sequencer()
    yield 1.0
    studio.shoot("first-ready", studio.area_box(stage.timeline()))
    studio.operate("generate_inbetweens")
    yield from stage.until(lambda: stage.ours() and stage.ours().fcvg.state == "DONE", "all drawings", 120)
    scene.frame_current = 30
    yield 1.0
    studio.shoot("first-done", studio.area_box(stage.timeline()))


stage.perform(steps)
