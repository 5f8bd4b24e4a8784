# SPDX-License-Identifier: GPL-3.0-or-later
"""What the draft methods cost: seconds a frame, one-time cost and peak memory, beside ffmpeg's minterpolate.

    python -m benchmarks.draft [--sizes 640x384,…] [--methods rife,…] [--count 23]

Two frames of Big Buck Bunny (CC-BY, Blender Foundation; fetched as for the demo), twelve apart, are the keys. Each
measurement runs in a process of its own, on the CPU, with as many threads as there are cores. Reading and writing
files is not counted. "Once" is what the first frame costs more than the others: loading the weights, and all work on
the pair. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools import check_system

SIZES = "320x192,640x384,960x540,1920x1080,3840x2160"
METHODS = "dissolve,minterpolate,rife,gmfss"
_SMALL_ONLY = {"gmfss": 1920 * 1080, "minterpolate": 1920 * 1080}  # unless a size is asked for, not measured above
_KEYS = (30, 42)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="")
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--count", type=int, default=23, help="frames a measurement (default 23)")
    parser.add_argument("--one", nargs=3, metavar=("METHOD", "SIZE", "CLIP"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        method, size, clip_path = options.one
        print(json.dumps(measure(method, _parse(size), Path(clip_path), options.count)))
        return
    if "minterpolate" in options.methods.split(","):
        check_system.need("ffmpeg")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {options.count} frames\n")
    print("| method | size | s / frame | once, s | all in, s / frame | peak memory, GB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        from demo import clip

        film = clip.fetch(Path(folder))
        for size in (options.sizes or SIZES).split(","):
            for method in options.methods.split(","):
                width, height = _parse(size)
                if not options.sizes and width * height > _SMALL_ONLY.get(method, width * height):
                    continue
                _print_row(method, size, _in_own_process(method, size, film, options.count))


def _parse(size: str) -> tuple[int, int]:
    width, height = size.split("x")
    return int(width), int(height)


def _in_own_process(method: str, size: str, film: Path, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.draft", "--count", str(count), "--one", method, size, str(film)]
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    if done.returncode:
        sys.exit(done.returncode)  # it has said why
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _print_row(method: str, size: str, measured: dict[str, float]) -> None:
    numbers = [f"{measured[name]:.3g}" for name in ("frame_s", "once_s", "all_in_s", "peak_gb")]
    print("|", " | ".join([method, size.replace("x", "×"), *numbers]), "|", flush=True)


def measure(method: str, size: tuple[int, int], film: Path, count: int) -> dict[str, float]:
    """Generate `count` evenly spaced frames in this process, and what that took."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the engine does
    import resource

    import torch

    from benchmarks.quality import CPU, to_tensor

    torch.set_num_threads(os.cpu_count() or 1)
    start, end = (to_tensor(pixels) for pixels in _frames(film, size))
    times = [(index + 1) / (count + 1) for index in range(count)]
    began = time.perf_counter()
    if method == "minterpolate":
        from benchmarks.minterpolate import minterpolate

        minterpolate(start, end, times)
        all_s = time.perf_counter() - began
        peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        frame_s, once_s = all_s / count, 0.0
    else:
        from fcvg_engine import methods
        from fcvg_engine.core import devices

        moments = [began]
        with devices.memory_kept():
            for _ in methods.load(method)(start, end, times, CPU, lambda stage, fraction: None):
                moments.append(time.perf_counter())
        all_s = moments[-1] - began
        frame_s = (moments[-1] - moments[1]) / max(1, count - 1)
        once_s = max(0.0, moments[1] - began - frame_s)
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"frame_s": frame_s, "once_s": once_s, "all_in_s": all_s / count, "peak_gb": peak_kb * 1024 / 1e9}


def _frames(film: Path, size: tuple[int, int]) -> list:
    """Both keys, uint8 RGB."""
    import cv2

    reader = cv2.VideoCapture(str(film))
    frames = []
    for index in range(_KEYS[1] + 1):
        pixels = reader.read()[1]
        if index in _KEYS:
            frames.append(cv2.cvtColor(cv2.resize(pixels, size), cv2.COLOR_BGR2RGB))
    reader.release()
    return frames


if __name__ == "__main__":
    main()
