# SPDX-License-Identifier: GPL-3.0-or-later
"""A toon-shaded 3D shot, and some of its frames as it renders them: `python tools/pictures/shot.py OUT` (bpy wheel)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import bpy

from benchmarks import toon_shot

FRAMES = (7, 13, 19)  # between the first two keys


def name_of(thing: bpy.types.Object) -> str:
    """What an animator calls what is animated."""
    if thing.type == "CAMERA":
        return "Camera"
    if thing.parent is None:
        return "Body"
    side = thing.location.x
    return "Arm L" if side > 0 else "Arm R" if side < 0 else "Head"


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    scene = toon_shot.build().scene
    for thing in bpy.context.selected_objects:
        thing.name = thing.animation_data.action.name = name_of(thing)
    scene.frame_set(7)
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "shot.blend"))
    for frame in FRAMES:
        scene.frame_set(frame)
        scene.render.filepath = str(out / f"true_{frame:02d}.png")
        bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
