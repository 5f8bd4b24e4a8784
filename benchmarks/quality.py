# SPDX-License-Identifier: GPL-3.0-or-later
"""How close each draft method comes to the true frames, and what `auto` would have chosen.

    python -m benchmarks.quality [--groups rendered,drawn] [--methods dissolve,minterpolate,rife,gmfss]

Rendered pairs are cut from Big Buck Bunny (CC-BY, Blender Foundation; fetched as for the demo), drawn ones come from
`benchmarks.drawn`. The frames at a quarter, half and three quarters of the gap are generated and compared: FLIP error
(0 is equal; needs the package flip-evaluator) and PSNR (dB, more is better). Prints Markdown.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import flip_evaluator
import numpy as np
import torch

from benchmarks import drawn
from benchmarks.minterpolate import minterpolate
from demo import clip
from fcvg_engine import methods
from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft import choose_method
from tools import check_system

CPU = Options(torch.device("cpu"))
TIMES = (0.25, 0.5, 0.75)
SIZE = (640, 360)  # of rendered pairs; drawn ones are 640×384
RENDERED = ((10, 12), (30, 12), (44, 12), (1, 24), (25, 24), (40, 24), (49, 24), (70, 24), (100, 24))  # frame, gap
SEEDS = range(12)


@dataclass(frozen=True)
class Case:
    """Keys and the true frames at `TIMES`; float32 [3, H, W] in [0, 1]."""

    group: str
    name: str
    start: torch.Tensor
    end: torch.Tensor
    true: tuple[torch.Tensor, ...]


def to_tensor(pixels: np.ndarray) -> torch.Tensor:
    """uint8 RGB [H, W, 3] → float32 [3, H, W]."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1).contiguous()


def rendered_cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory() as folder:
        reader = cv2.VideoCapture(str(clip.fetch(Path(folder))))
        frames = []
        while (read := reader.read())[0]:
            frames.append(cv2.cvtColor(cv2.resize(read[1], SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB))
        reader.release()
    for first, gap in RENDERED:
        start, end, *true = (to_tensor(frames[first + round(gap * time)]) for time in (0, 1, *TIMES))
        yield Case("rendered", f"frame {first}, gap {gap}", start, end, tuple(true))


def drawn_cases() -> Iterator[Case]:
    for seed in SEEDS:
        start, end, *true = (to_tensor(drawn.frame(seed, time)) for time in (0, 1, *TIMES))
        group = ("drawn, small motion", "drawn, medium motion", "drawn, large motion")[seed % 3]
        yield Case(group, f"seed {seed}", start, end, tuple(true))


def generate(method: str, case: Case) -> list[torch.Tensor]:
    if method == "minterpolate":
        return minterpolate(case.start, case.end, TIMES)
    frames = methods.load(method)(case.start, case.end, TIMES, CPU, lambda stage, fraction: None)
    return [frame.clamp(0, 1) for frame in frames]


def scores(made: torch.Tensor, true: torch.Tensor) -> tuple[float, float]:
    """FLIP error and PSNR in dB."""
    pictures = [picture.permute(1, 2, 0).contiguous().numpy() for picture in (true, made)]
    flip = flip_evaluator.evaluate(*pictures, "LDR")[1]
    return float(flip), float(-10 * torch.log10((made - true).square().mean()))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", default="rendered,drawn")
    parser.add_argument("--methods", default="dissolve,minterpolate,rife,gmfss")
    options = parser.parse_args(arguments)
    wanted, makers = options.methods.split(","), {"rendered": rendered_cases, "drawn": drawn_cases}
    if "minterpolate" in wanted:
        check_system.need("ffmpeg")
    print("| pair | flat | hard | changed | auto |", " | ".join(wanted), "|\n" + "|---" * (5 + len(wanted)) + "|")
    totals: dict[str, list[list[tuple[float, float]]]] = {}
    for group in options.groups.split(","):
        for case in makers[group]():
            row = [
                np.mean([scores(*pair) for pair in zip(generate(method, case), case.true, strict=True)], axis=0)
                for method in wanted
            ]
            totals.setdefault(case.group, []).append(row)
            features = choose_method.features(case.start, case.end)
            picked, _ = choose_method.choose(case.start, case.end, CPU, lambda stage, fraction: None)
            _print_row(f"{case.group}: {case.name}", [f"{value:.2f}" for value in features] + [picked], row)
    for name, rows in totals.items():
        _print_row(f"**{name}, mean of {len(rows)}**", [""] * 4, np.mean(rows, axis=0))


def _print_row(name: str, facts: list[str], row: Sequence[Sequence[float]]) -> None:
    cells = [f"{flip:.3f} / {psnr:.1f} dB" for flip, psnr in row]
    print("|", " | ".join([name, *facts, *cells]), "|", flush=True)


if __name__ == "__main__":
    main()
