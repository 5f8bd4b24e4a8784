"""Generative Inbetweening: Stable Video Diffusion forward, and a twin that was trained to go back.

See `svd.generate` for what it shares with other methods and `samplers.gi` for what is its own.
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
    return generate.inbetween("gi", start, end, times, options, report)
