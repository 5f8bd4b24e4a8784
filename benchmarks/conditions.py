# SPDX-License-Identifier: GPL-3.0-or-later
"""How many lines the flow matcher finds, how many of their ends are where they should be, and how long it takes.

    python -m benchmarks.conditions [--size 1024x576] [--overview DIR]

Three cartoons made in Blender (`benchmarks.cartoons`), three drawn by program and one frame of Big Buck Bunny warped by
a known homography tell where every line truly goes; for two frames of Big Buck Bunny (CC-BY, Blender Foundation;
fetched as for the demo) nobody knows, so only counts are given: look at the overview. The drawn ones are not shown up
to their other key pose, since their legs, which look the same, change places there. Seconds are for all that the
command `conditions` does, poses aside, on the CPU with as many threads as there are cores; loading the network, once,
is measured apart. Prints Markdown.
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks import drawn
from benchmarks.quality import CPU, to_tensor
from demo import clip
from fcvg_engine.conditions import make, segments
from fcvg_engine.core import devices
from fcvg_engine.draft import networks
from fcvg_engine.shared.protocol import ConditionSettings

NEAR_PX = 4.0
SHOTS = (0, 1, 2)  # of `drawn`: the character crosses 2, 6 and 14 % of the picture between the keys
TIMES = (0.0, 0.4)
KEYS = (59, 83)  # frames of the clip; the demo's keys
# Where the corners of the warped frame go, in shares of its width and height.
WARPED = ((0.04, -0.05), (1.09, 0.04), (1.02, 0.97), (-0.04, 1.09))

CARTOONS = Path(__file__).parents[1] / "tests" / "cartoons"  # always 1024×576

# Segments [N, 2, 2] of the start and those found in the end → how far, in pixels, their ends are from the truth [N, 2].
Apart = Callable[[np.ndarray, np.ndarray], np.ndarray]
Truth = Callable[[np.ndarray], np.ndarray]  # segments [N, 2, 2] of the start → where they are at the end


@dataclass(frozen=True)
class Case:
    """Keys, uint8 RGB [H, W, 3], and how to judge matches where the true motion is known."""

    name: str
    start: np.ndarray
    end: np.ndarray
    apart: Apart | None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1024x576")
    parser.add_argument("--overview", type=Path, metavar="DIR", help="keep each pair's overview.png here")
    options = parser.parse_args(arguments)
    width, height = map(int, options.size.split("x"))
    torch.set_num_threads(os.cpu_count() or 1)
    began_s = time.perf_counter()
    networks.network("gmflow", CPU.device, CPU.dtype, quiet)
    loading_s = time.perf_counter() - began_s
    print(f"{os.cpu_count()} cores, {platform.machine()}, {width}×{height}; loading GMFlow {loading_s:.1f} s\n")
    print(f"| pair | segments | matches | ends within {NEAR_PX:g} px | median, px | s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, devices.memory_kept():
        for case in cases(Path(folder), (width, height)):
            target = (options.overview or Path(folder)) / case.name.replace(" ", "_")
            target.mkdir(parents=True, exist_ok=True)
            print("|", " | ".join([case.name, *measure(case, target)]), "|", flush=True)


def cartoons() -> Iterator[Case]:
    """The pairs that `benchmarks.cartoons` made."""
    for folder in sorted(path for path in CARTOONS.iterdir() if path.is_dir()):
        start, end = (cv2.imread(str(folder / f"{name}.png"), cv2.IMREAD_COLOR_RGB) for name in ("start", "end"))
        with np.load(folder / "motion.npz") as motion:
            yield Case(f"Blender, {folder.name}", start, end, noted_motion(motion["to"], int(motion["stride"])))


def noted_motion(to: np.ndarray, stride: int) -> Apart:
    """Judges by motion noted at every `stride`-th pixel.

    An edge lies between two things, and either's motion is right: the nearest of the places around it counts.
    """
    rows, columns = np.mgrid[: to.shape[0], : to.shape[1]]
    steps = to - np.stack((columns, rows), -1) * stride

    def apart(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        found = (ends - starts).reshape(-1, 2)
        missed = np.full(len(found), np.inf)
        for index, (x, y) in enumerate(np.round(starts.reshape(-1, 2) / stride).astype(int)):
            around = steps[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].reshape(-1, 2)
            distances = np.linalg.norm(around - found[index], axis=1)
            missed[index] = np.nan_to_num(distances, nan=np.inf).min(initial=np.inf)
        return missed.reshape(-1, 2)

    return apart


def known(truth: Truth) -> Apart:
    """Judges by motion that is known everywhere; where it is not a number, an end is on no outline and so wrong."""

    def apart(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        return np.nan_to_num(np.linalg.norm(truth(starts) - ends, axis=-1), nan=np.inf)

    return apart


def cases(folder: Path, size: tuple[int, int]) -> Iterator[Case]:
    yield from cartoons()
    for seed in SHOTS:
        start, end = (drawn.frame(seed, moment, *size) for moment in TIMES)
        yield Case(f"drawn {seed}", start, end, known(functools.partial(moved, seed, size)))
    first, last = frames(clip.fetch(folder), size)
    unit = np.array(size, np.float32)
    corners = np.array(((0, 0), (1, 0), (1, 1), (0, 1)), np.float32)
    matrix = cv2.getPerspectiveTransform(corners * unit, np.array(WARPED, np.float32) * unit)
    warped = cv2.warpPerspective(first, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    yield Case("bunny warped", first, warped, known(functools.partial(seen_through, matrix)))
    yield Case("bunny, 24 frames", first, last, None)


def moved(seed: int, size: tuple[int, int], segments: np.ndarray) -> np.ndarray:
    """Where segments of the drawn shot `seed` go."""
    return drawn.moved(seed, segments, TIMES, *size)


def seen_through(matrix: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Where a homography takes segments."""
    return cv2.perspectiveTransform(segments.reshape(-1, 1, 2), matrix).reshape(-1, 2, 2)


def frames(film: Path, size: tuple[int, int]) -> list[np.ndarray]:
    """Both keys."""
    reader = cv2.VideoCapture(str(film))
    found = []
    for index in range(KEYS[1] + 1):
        pixels = reader.read()[1]
        if index in KEYS:
            found.append(cv2.cvtColor(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB))
    reader.release()
    return found


def measure(case: Case, folder: Path) -> list[str]:
    """The case's cells of the table; its files are in `folder` then."""
    start, end = to_tensor(case.start), to_tensor(case.end)
    began_s = time.perf_counter()
    settings = ConditionSettings("flow", "none")
    found = make.write(start, end, make.uniform(25), settings, 0, folder, CPU, quiet, lambda number, file: None)
    seconds = time.perf_counter() - began_s
    there = f"{len(segments.detect(start))}, {len(segments.detect(end))}"
    near = median = "–"
    if case.apart:
        apart = case.apart(*(np.array([getattr(line, name) for line in found.lines]) for name in ("start", "end")))
        near, median = f"{(apart <= NEAR_PX).mean():.1%}", f"{np.median(apart):.2f}"
    return [there, str(len(found.lines)), near, median, f"{seconds:.1f}"]


def quiet(stage: str, fraction: float) -> None:
    """Nobody is told."""


if __name__ == "__main__":
    main()
