# SPDX-License-Identifier: GPL-3.0-or-later
"""What a whole board costs: time to lay it, seconds a frame all in, memory over time.

    python -m benchmarks.storyboard --blender .venv-blender/bin/python [--panels 60] [--gap 11] [--method rife]

Panels of drawn characters at 960×540, six of each shot, 12 frames each, with gaps between them. A Python that has `bpy`
builds the edit and gives the one command `storyboard`, as `blender --command fcvg storyboard FILE.blend` would; the
engine is that of FCVG_ENGINE_PYTHON, on the CPU. This process looks at their memory meanwhile, and at the artist's
pictures before and after. Prints Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SIZE = 960, 540
LENGTH = 12  # frames that a panel shows
_IN_A_SHOT = 6  # panels
_LOOK_S = 1.0  # between looks at the memory
_ROWS = 8  # of the table of memory


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blender", type=Path, help="a Python that has bpy")
    parser.add_argument("--panels", type=int, default=60)
    parser.add_argument("--gap", type=int, default=11, help="inbetweens of each gap (default 11)")
    parser.add_argument("--method", default="rife")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        _inside(options.inside, options.gap, options.method)
        return
    if options.blender is None or not options.blender.is_file():
        parser.error("--blender must name a Python that has bpy, such as .venv-blender/bin/python")
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), options)


def _measure(folder: Path, options: argparse.Namespace) -> None:
    panels = _draw(folder / "panels", options.panels)
    before = [_sha256(path) for path in panels]
    words = ["--inside", str(folder), "--gap", str(options.gap), "--method", options.method]
    command = [str(options.blender), "-m", "benchmarks.storyboard", *words]
    began_s = time.monotonic()
    load = os.getloadavg()[0]
    looks: list[tuple[float, int, int]] = []
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=log, stderr=log)
        while child.poll() is None:
            looks.append((time.monotonic() - began_s, _rss_bytes(child.pid), sum(map(_rss_bytes, _below(child.pid)))))
            time.sleep(_LOOK_S)
    if child.returncode:
        sys.exit((folder / "log").read_text(errors="replace")[-4000:])
    figures = json.loads((folder / "figures.json").read_text())
    frames = (options.panels - 1) * options.gap
    print(f"{os.cpu_count()} cores, load before {load:.1f}, {options.panels} panels of {SIZE[0]}×{SIZE[1]}, "
          f"{options.method}, Blender {figures['blender']}\n")  # fmt: skip
    print("| what | figure |\n|---|---|")
    print(f"| laying {options.panels - 1} gaps | {figures['lay_s'] * 1000:.0f} ms |")
    print(f"| one command, from start to end | {figures['command_s']:.1f} s |")
    print(f"| all in, of {frames} frames | {figures['command_s'] / frames:.3f} s a frame |")
    print(f"| rendering the keys | {figures['keys_s']:.1f} s |")
    print(f"| frames on disk | {len(list(folder.rglob('inbetweens/*/0*.png')))} |")
    print(f"| the artist's pictures | {'as before' if before == [_sha256(path) for path in panels] else 'CHANGED'} |")
    print("\n| after | Blender | engine |\n|---|---|---|")
    working = [look for look in looks if look[2]]
    for look in working[:: max(1, len(working) // _ROWS)]:
        print(f"| {look[0]:.0f} s | {look[1] / 1e6:.0f} MB | {look[2] / 1e6:.0f} MB |")


def _inside(folder: Path, gap: int, method: str) -> None:
    """The part that runs in Blender: build the edit, give the command, write down how long things took."""
    os.environ["BLENDER_USER_RESOURCES"] = str(folder / "user")
    import bpy

    import fcvg_blender
    from fcvg_blender import compat
    from fcvg_blender.app import cli
    from fcvg_blender.jobs import enqueue
    from fcvg_blender.keys import render_keys

    fcvg_blender.register()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    context: Any = bpy.context
    scene = context.scene
    if hasattr(context.window.workspace, "sequencer_scene"):  # since 5.0
        context.window.workspace.sequencer_scene = scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.sequence_editor_create()
    for number, path in enumerate(sorted((folder / "panels").iterdir())):
        strip = compat.strips(scene).new_image(
            name=path.stem, filepath=str(path), channel=1, frame_start=1 + number * (LENGTH + gap)
        )
        compat.set_right(strip, compat.left(strip) + LENGTH)
    blend = folder / "board.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))

    took_s = {"lay": 0.0, "write_key": 0.0}

    def timed(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def wrapper(*arguments: Any) -> Any:
            began_s = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                took_s[name] += time.perf_counter() - began_s

        setattr(owner, name, wrapper)

    timed(enqueue, "lay")
    timed(render_keys, "write_key")
    began_s = time.perf_counter()
    code = cli.main(["storyboard", str(blend), "--method", method, "--cuts", "make"])
    figures = {
        "blender": bpy.app.version_string,
        "lay_s": took_s["lay"],
        "keys_s": took_s["write_key"],
        "command_s": time.perf_counter() - began_s,
    }
    (folder / "figures.json").write_text(json.dumps(figures))
    fcvg_blender.unregister()
    sys.stdout.flush()
    os._exit(code)  # taking Python down is none of the command's business


def _draw(folder: Path, count: int) -> list[Path]:
    """Panels as drawn for a board: shots of a character that moves from one panel to the next."""
    import cv2

    from benchmarks import drawn

    folder.mkdir()
    paths = []
    for number in range(count):
        shot, place = divmod(number, _IN_A_SHOT)
        pixels = drawn.frame(shot, place / _IN_A_SHOT, *SIZE)
        path = folder / f"Panel {number + 1:02d}.png"
        cv2.imwrite(str(path), pixels[..., ::-1])
        paths.append(path)
    return paths


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _rss_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):  # it has ended
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _below(pid: int) -> list[int]:
    """All processes that this one has started, and theirs."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, thread.read_text().split())
        except OSError:
            continue
    return found + [each for child in found for each in _below(child)]


if __name__ == "__main__":
    main()
