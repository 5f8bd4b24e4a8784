# SPDX-License-Identifier: GPL-3.0-or-later
"""Estimates what a job would cost with each method: seconds, and memory at its peak.

Typical figures of draft methods were measured on two cores of a shared server processor (`python -m benchmarks.draft`).
Sizes between those that were measured are interpolated. FILM was not measured and is assumed to take twice as long as
GMFSS. A graphics card is assumed to be ten times as fast as two cores, an Apple chip four times; both are guesses.

Generative methods always make 25 frames. Their seconds are published ones for 25 frames at 1024×576 on one card: FCVG
523, GI 975 and TRF 1230 (all from FCVG's paper), ViBiDSampler 195 (its own paper); 50 times as long on a processor.

Where this computer has made such jobs (`speeds`), their seconds are divided by the typical ones for the same jobs, and
the median of these ratios is applied.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from ..diffusion import memory
from ..models import registry
from ..shared.methods import METHODS, Cost, is_generative
from ..shared.protocol import Estimate, SamplingSettings
from . import speeds

NATIVES = memory.FRAMES

_START_S = 1.0  # reading the keys, choosing, writing the manifest
_SAVE_S = {"png": 0.05, "png16": 0.08, "exr": 0.14, "jpg": 0.015}  # for a million pixels
_SHARE = {"cpu": 1.0, "cuda": 0.1, "mps": 0.25}  # of a draft method's time on a processor

_PUBLISHED_PIXELS = 1024 * 576
_ON_PROCESSOR = 50.0  # times as long as on a card
_HALF, _SINGLE = 2, 4  # bytes of a number on a card and on a processor


@dataclass(frozen=True)
class Task:
    """The job to estimate.

    `drawings`: how many are made; held frames are not counted.
    `size`: width and height of the frames; `work_size`: those at which generative methods work.
    `device`: cpu, cuda or mps; `free_bytes`: its free memory.
    """

    drawings: int
    size: tuple[int, int]
    file_format: str
    device: str
    free_bytes: int
    work_size: tuple[int, int]
    sampling: SamplingSettings


def estimates(task: Task, lacking: Mapping[str, str]) -> list[Estimate]:
    """Returns an estimate for each method: drafts, those that use a model first, then generative ones.

    `lacking`: method → what it still needs, a sentence.
    """
    in_order = sorted(METHODS, key=lambda method: (is_generative(method), not registry.needs().get(method)))
    return [_estimate(method, task, lacking.get(method, "")) for method in in_order]


def _estimate(method: str, task: Task, lacking: str) -> Estimate:
    pace = _pace(method, task)
    needed_bytes = _memory(method, task)
    seconds = typical_s(method, task) * (1.0 if pace is None else pace)
    return Estimate(
        method=method,
        seconds=round(seconds, 1),
        memory_bytes=needed_bytes,
        measured=pace is not None,
        fits=needed_bytes <= task.free_bytes,
        lacking=lacking,
    )


def _pace(method: str, task: Task) -> float | None:
    """How much longer than typical such jobs have taken here (the median ratio); None where there were none.

    Of an even number of jobs the faster one of the middle two counts: slow jobs have other causes, such as downloads.
    """
    ratios = [
        run.seconds / _typical_s(method, run.drawings, (run.width, run.height), task)
        for run in speeds.runs(method, task.device)
    ]
    return statistics.median_low(ratios) if ratios else None


def typical_s(method: str, task: Task) -> float:
    """Returns the seconds that a job typically takes, from its start to its last drawing on the disk."""
    seconds = _typical_s(method, task.drawings, task.size, task)
    if is_generative(method):
        published = METHODS[method].steps
        seconds *= (task.sampling.steps or published) / published
    return seconds


def _typical_s(method: str, drawings: int, size: tuple[int, int], task: Task) -> float:
    pixels = size[0] * size[1]
    saved_s = drawings * _SAVE_S[task.file_format] * pixels / 1e6
    if is_generative(method):
        work = task.work_size[0] * task.work_size[1] / _PUBLISHED_PIXELS
        slower = _ON_PROCESSOR if task.device == "cpu" else 1.0
        return _START_S + saved_s + METHODS[method].card_s * work * slower
    cost = _cost(method, pixels)
    return _START_S + saved_s + (cost.once_s + drawings * cost.drawing_s) * _SHARE[task.device]


def _cost(method: str, pixels: float) -> Cost:
    """The cost at a size: interpolated linearly between known sizes, extrapolated beyond the last one."""
    known = METHODS[method].costs
    index = next((number for number, each in enumerate(known[1:-1], 1) if pixels <= each.pixels), len(known) - 1)
    low, high = known[index - 1], known[index]
    share = max(0.0, (pixels - low.pixels) / (high.pixels - low.pixels))
    values = (low_value + share * (high_value - low_value) for low_value, high_value in _paired(low, high))
    return Cost(*values)


def _paired(low: Cost, high: Cost) -> zip[tuple[float, float]]:
    return zip(vars(low).values(), vars(high).values(), strict=True)


def _memory(method: str, task: Task) -> int:
    """Bytes that the method needs of the device's memory; on a processor, of the computer's."""
    if is_generative(method):
        on_gpu = task.device != "cpu"
        value_bytes = _HALF if on_gpu else _SINGLE
        plan = memory.plan(
            task.sampling.preset, task.free_bytes, task.work_size, method, value_bytes=value_bytes, on_gpu=on_gpu
        )
        return memory.estimate(plan, task.work_size, method, value_bytes)
    return round(_cost(method, task.size[0] * task.size[1]).memory_bytes)
