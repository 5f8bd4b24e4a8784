"""FCVG: lines and poses of both keys are matched, moved between them, and guide every frame.

See `svd.generate` for what it shares with other methods and `samplers.fcvg` for what is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from ..svd import generate
from .base import Options, ReportProgress


def inbetween(
    start: torch.Tensor,
    end: torch.Tensor,
    times: Sequence[float],
    options: Options,
    report: ReportProgress,
) -> Iterator[torch.Tensor]:
    """See `base.Method`."""
    return generate.inbetween("fcvg", start, end, times, options, report)
