# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures at any time between the keys, from the native frames: a new timing needs no new generation."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from ..core.method_contract import Options, ReportProgress
from ..draft import rife

_SAME = 1e-6  # a time that is nearer to a frame's own is that frame


@dataclass(frozen=True)
class Place:
    """Where a time lies among frames: `fraction` in [0, 1) of the way from frame `index` to the next one."""

    index: int
    fraction: float


def place(time: float, frames: int) -> Place:
    """Returns where `time` in [0, 1] lies among so many `frames`, which stand evenly from 0 to 1."""
    intervals = frames - 1
    nearest = round(time * intervals)
    if abs(time - nearest / intervals) <= _SAME:
        return Place(nearest, 0.0)
    index = int(time * intervals)
    return Place(index, time * intervals - index)


def frames(
    natives: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
) -> Iterator[torch.Tensor]:
    """Yields the pictures [3, H, W] at `times` from `natives` [F, 3, H, W], which stand evenly from time 0 to 1.

    A native frame's own time gives that frame, unchanged. For any other time RIFE draws between the two neighbours.
    Raises what `draft.rife` raises.
    """
    done = 0

    def report_all(stage: str, fraction: float) -> None:
        report(stage, (done + fraction) / len(times))

    for pair, group in itertools.groupby((place(time, len(natives)) for time in times), key=_pair):
        fractions = [each.fraction for each in group]
        if len(pair) == 1:
            drawn: Iterator[torch.Tensor] = (natives[pair[0]] for _ in fractions)
        else:
            start, end = (natives[index] for index in pair)
            drawn = rife.inbetween(start, end, fractions, replace(options, breakdown=0.5), report_all)
        for picture in drawn:
            yield picture
            done += 1


def _pair(place: Place) -> tuple[int, ...]:
    """Indices of the natives that are needed."""
    return (place.index, place.index + 1) if place.fraction else (place.index,)
