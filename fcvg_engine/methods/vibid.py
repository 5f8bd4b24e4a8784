"""ViBiDSampler: Stable Video Diffusion from one key and then from the other, each step anew.

See `svd.generate` for what it shares with other methods and `samplers.vibid` for what is its own.
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
    return generate.inbetween("vibid", start, end, times, options, report)
