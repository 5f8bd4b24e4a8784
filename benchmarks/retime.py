# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an artist waits for a finished gap of 24 frames to be timed anew.

    .venv-blender/bin/python -m benchmarks.retime
    tools/real_blender.sh run --factory-startup --app-template Video_Editing --python benchmarks/retime.py

The first without a window, the second in Blender 5.2 with one. Each change is one `fcvg.retime` with the undo step
that a click makes; no drawing is made. Prints median and longest in milliseconds.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1]))

import bpy
import numpy as np

GAP = 24
SIZE = (960, 540)
ROUNDS = 5
HANG_S = 120.0


def key(path: Path, seed: int) -> Path:
    """A picture of noise."""
    image = bpy.data.images.new(path.name, *SIZE)
    image.pixels.foreach_set(np.random.default_rng(seed).random(SIZE[0] * SIZE[1] * 4, np.float32))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


def finished_gap(scene: Any, folder: Path) -> Any:
    """A strip of dissolved inbetweens, done and active."""
    from fcvg_blender import compat
    from fcvg_blender.edit import strips
    from fcvg_blender.jobs import timer

    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.sequence_editor_create()
    for number, left in enumerate((1, 11 + GAP)):
        strip = compat.strips(scene).new_image(
            name="AB"[number], filepath=str(key(folder / f"{number}.png", number)), channel=1, frame_start=left
        )
        compat.set_right(strip, left + 10)
        strip.select = True
    scene.fcvg.method, scene.fcvg.cuts = "DISSOLVE", "MAKE"
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "film.blend"))
    bpy.ops.fcvg.generate_inbetweens()
    deadline_s = time.monotonic() + HANG_S
    while (strip := next(strip for _, strip in strips.ours())).fcvg.state != "DONE":
        if time.monotonic() > deadline_s:
            raise TimeoutError("the inbetweens were not made")
        timer.tick()
        time.sleep(0.01)
    return strip


def measure() -> list[float]:
    """Milliseconds of each change, every preset on ones, twos and threes."""
    from fcvg_engine.shared import protocol

    took_ms = []
    presets = [word.upper().replace("-", "_") for word in protocol.TIMINGS]
    for _, hold, preset in itertools.product(range(ROUNDS), ("ONES", "TWOS", "THREES"), presets):
        began_s = time.perf_counter()
        bpy.ops.fcvg.retime("EXEC_DEFAULT", True, timing=preset, hold=hold)
        took_ms.append((time.perf_counter() - began_s) * 1e3)
    return took_ms


def main() -> None:
    import fcvg_blender
    from fcvg_blender import compat

    fcvg_blender.register()
    try:
        with tempfile.TemporaryDirectory() as folder:
            finished_gap(compat.sequencer_scene(bpy.context), Path(folder))
            took_ms = measure()
    finally:
        fcvg_blender.unregister()
    where = "without a window" if bpy.app.background else "with a window"
    print(
        f"Blender {bpy.app.version_string} {where}: {len(took_ms)} changes of {GAP} frames, "
        f"median {statistics.median(took_ms):.1f} ms, longest {max(took_ms):.1f} ms"
    )
    sys.stdout.flush()
    os._exit(0)  # quitting properly would ask whether to save


if __name__ == "__main__":
    main()
