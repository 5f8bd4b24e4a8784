# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of an inbetweening method: what it is given, what it returns."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from ..shared.methods import METHODS
from ..shared.protocol import ConditionSettings, SamplingSettings
from .pictures import explained_memory


def no_note(sentence: str) -> None:
    """Drops a note."""


def no_use(feature: str) -> None:
    """Does not record what was used."""


def no_preview(sheet: torch.Tensor, step: int, steps: int) -> None:
    """Shows no preview."""


@dataclass(frozen=True)
class Options:
    """A method's settings, and the functions that it calls to report.

    `device`, `dtype`: where the networks run, and in which number type.
    `seed`: for methods that draw noise.
    `breakdown`: the time in (0, 1) of the chart's drawing nearest the middle. A method makes its choices for all frames
    at this time. Later runs that finish the chart use the same value.
    `conditions`, `sampling`: settings of generative methods.
    `folder`: where generative methods keep their by-products, not the drawings; None: they keep none.
    `preview`: called after some steps with a small contact sheet [3, H, W] in [0, 1], the step and the number of steps.
    `note`: called with a sentence for the artist.
    `use`: called with each further feature of the registry that a method uses (`lines:flow`, `rife`), before the method
    yields the first picture made with that feature.
    `as_published`: leaves out what we have added to a published method, so that both can be compared.
    """

    device: torch.device
    dtype: torch.dtype = torch.float32
    seed: int = 0
    breakdown: float = 0.5
    conditions: ConditionSettings = field(default_factory=ConditionSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    folder: Path | None = None
    preview: Callable[[torch.Tensor, int, int], None] = no_preview
    note: Callable[[str], None] = no_note
    use: Callable[[str], None] = no_use
    as_published: bool = False


class ReportProgress(Protocol):
    """Called between steps with a stage, in words for an artist, and its fraction in [0, 1]. May raise Cancelled."""

    def __call__(self, stage: str, fraction: float) -> None: ...


def sub_progress(report: ReportProgress, low: float, high: float) -> ReportProgress:
    """Returns a report for one stage of the work, whose 0 … 1 becomes `low` … `high` of `report`."""

    def narrowed(stage: str, fraction: float) -> None:
        report(stage, low + (high - low) * fraction)

    return narrowed


class Method(Protocol):
    """Makes the inbetweens of one pair of keys.

    `start`, `end`: float32 on the CPU, [C, H, W], the same shape. C is 3, or 4 with premultiplied alpha last.
    Colours are display-encoded (sRGB curve), in [0, 1]; above 1 only in keys of high dynamic range.
    `times`: one for each drawing, strictly inside (0, 1), in any order.
    Yields one picture for each time, in the order of `times`, as soon as it is made, in the keys' shape and range.
    Raises MissingModel, OutOfMemory, NumericError, and whatever `report` raises.
    """

    def __call__(
        self,
        start: torch.Tensor,
        end: torch.Tensor,
        times: Sequence[float],
        options: Options,
        report: ReportProgress,
    ) -> Iterator[torch.Tensor]: ...


def draft_method(inbetween: Method) -> Method:
    """Decorates a draft method: it runs without gradients and raises OutOfMemory when memory runs out."""
    # Gradients are off only while the generator itself runs, not while its caller does.
    without_gradients = torch.no_grad()(inbetween)
    module: str = inbetween.__module__
    lighter = next((each.lighter for each in METHODS.values() if module.endswith(f".{each.module}")), "")

    @functools.wraps(inbetween)
    def explained(
        start: torch.Tensor, end: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
    ) -> Iterator[torch.Tensor]:
        with explained_memory(lighter):
            yield from without_gradients(start, end, times, options, report)

    return explained
