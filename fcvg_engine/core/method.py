"""What every inbetweening method gets and gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from ..shared.protocol import ConditionSettings, SamplingSettings


def no_note(sentence: str) -> None:
    """Kept for nobody."""


def no_use(part: str) -> None:
    """Recorded nowhere."""


def no_preview(sheet: torch.Tensor, step: int, steps: int) -> None:
    """Shown to nobody."""


@dataclass(frozen=True)
class Options:
    """Choices that concern how a method computes, not what the artist asked for.

    `device` and `dtype` of the networks; `seed` for methods that draw noise. `breakdown` is the time in (0, 1) of the
    chart's drawing nearest the middle, on which methods decide what holds for all frames; with the rest of a chart
    that was begun before, it is the same. `conditions` and `sampling` concern generative methods, which may keep what
    they make beside the drawings in `folder` (None: nowhere) and show `preview` a small contact sheet, [3, H, W] in
    [0, 1], after some steps. `note` keeps a sentence for the artist. `use` is told of every part of the registry that
    a method calls beside itself (`lines:flow`, `rife`), before a picture made with it is given back. `as_published`
    leaves out what we have added to a published method, so that it can be compared with the original.
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
    """Called between steps with a stage in an artist's words and its fraction in [0, 1]; may raise Cancelled."""

    def __call__(self, stage: str, fraction: float) -> None: ...


def sub_progress(report: ReportProgress, low: float, high: float) -> ReportProgress:
    """A report for one stage, whose 0 … 1 stands for `low` … `high` of `report`'s."""

    def narrowed(stage: str, fraction: float) -> None:
        report(stage, low + (high - low) * fraction)

    return narrowed


class Method(Protocol):
    """Inbetweens of one pair of keys.

    `start`, `end`: float32 on the CPU, [C, H, W], the same shape. C is 3, or 4 with premultiplied alpha last.
    Colours are display-encoded (sRGB curve); in [0, 1], above 1 only from high dynamic range keys.
    `times`: strictly inside (0, 1), rising or not, one a drawing.
    Yields one picture of the same kind for each time, in order, as soon as it is made.
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
