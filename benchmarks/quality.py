# SPDX-License-Identifier: GPL-3.0-or-later
"""How close each draft method comes to the true frames, and what `auto` would have chosen.

    python -m benchmarks.quality [--groups rendered,drawn] [--methods dissolve,minterpolate,rife,gmfss]
    python -m benchmarks.quality --groups "still overlays,fades,patterns" \
        --methods "dissolve,rife as published,gmfss as published,auto"

Rendered pairs are cut from Big Buck Bunny (CC-BY, Blender Foundation; fetched as for the demo), drawn ones come from
`benchmarks.drawn`, the other groups from `benchmarks.hard_pairs`. The frames at a quarter, half and three quarters of
the gap are generated and compared: FLIP error (0 is equal; needs the package flip-evaluator) and PSNR (dB, more is
better). Prints Markdown.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import flip_evaluator
import numpy as np
import torch

from benchmarks import drawn, hard_pairs
from benchmarks.minterpolate import minterpolate
from demo import clip
from fcvg_engine import methods
from fcvg_engine.core import pictures
from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft import choose_method
from tools import check_system

CPU = Options(torch.device("cpu"))
TIMES = (0.25, 0.5, 0.75)
SIZE = (640, 360)  # of rendered pairs; drawn ones are 640×384
RENDERED = ((10, 12), (30, 12), (44, 12), (1, 24), (25, 24), (40, 24), (49, 24), (70, 24), (100, 24))  # frame, gap
SEEDS = range(12)
AS_PUBLISHED = " as published"
GROUND = 0.5  # grey under pictures with transparency


@dataclass(frozen=True)
class Case:
    """Keys and the true frames at `TIMES`; float32 [3 or 4, H, W] in [0, 1]."""

    group: str
    name: str
    start: torch.Tensor
    end: torch.Tensor
    true: tuple[torch.Tensor, ...]


def to_tensor(pixels: np.ndarray) -> torch.Tensor:
    """uint8 RGB [H, W, 3], or float32 [H, W, C] → float32 [C, H, W]."""
    values = pixels.astype(np.float32) / 255 if pixels.dtype == np.uint8 else pixels
    return torch.from_numpy(values).permute(2, 0, 1).contiguous()


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


def hard_cases(name: str) -> Iterator[Case]:
    for pair, draw in hard_pairs.SETS[name].items():
        start, end, *true = (to_tensor(draw(time)) for time in (0, 1, *TIMES))
        yield Case(name, pair, start, end, tuple(true))


def generate(method: str, case: Case) -> list[torch.Tensor]:
    if method == "minterpolate":
        return minterpolate(case.start, case.end, TIMES)
    name = method.removesuffix(AS_PUBLISHED)
    if name == "auto":
        name = _picked(case)
    options = replace(CPU, as_published=method.endswith(AS_PUBLISHED))
    frames = methods.load(name)(case.start, case.end, TIMES, options, lambda stage, fraction: None)
    return [frame.clamp(0, 1) for frame in frames]


def _picked(case: Case) -> str:
    return choose_method.choose(case.start, case.end, CPU, lambda stage, fraction: None)[0]


def scores(made: torch.Tensor, true: torch.Tensor) -> tuple[float, float]:
    """FLIP error and PSNR in dB."""
    true, made = (pictures.composite(picture[None], GROUND)[0] for picture in (true, made))
    flip = flip_evaluator.evaluate(*(each.permute(1, 2, 0).contiguous().numpy() for each in (true, made)), "LDR")[1]
    return float(flip), float(-10 * torch.log10((made - true).square().mean().clamp(min=1e-10)))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", default="rendered,drawn")
    parser.add_argument("--methods", default="dissolve,minterpolate,rife,gmfss")
    options = parser.parse_args(arguments)
    wanted = options.methods.split(",")
    makers: dict[str, Callable[[], Iterator[Case]]] = {"rendered": rendered_cases, "drawn": drawn_cases}
    makers |= {name: partial(hard_cases, name) for name in hard_pairs.SETS}
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
            facts = [f"{value:.2f}" for value in features] + [_picked(case)]
            _print_row(f"{case.group}: {case.name}", facts, row)
    for name, rows in totals.items():
        _print_row(f"**{name}, mean of {len(rows)}**", [""] * 4, np.mean(rows, axis=0))


def _print_row(name: str, facts: list[str], row: Sequence[Sequence[float]]) -> None:
    cells = [f"{flip:.4f} / {psnr:.1f} dB" for flip, psnr in row]
    print("|", " | ".join([name, *facts, *cells]), "|", flush=True)


if __name__ == "__main__":
    main()
