"""Dissolve: one key fades into the other. No motion, no network; the floor that every other method must beat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from ..core.method import Options, ReportProgress
from ..core.pictures import explained_memory


def inbetween(
    start: torch.Tensor,
    end: torch.Tensor,
    times: Sequence[float],
    options: Options,
    report: ReportProgress,
) -> Iterator[torch.Tensor]:
    """See `core.method.Method`. Premultiplied colours mix linearly, so soft edges keep theirs."""
    with explained_memory():
        for done, time in enumerate(times):
            report("Dissolving", done / len(times))
            yield torch.lerp(start, end, time)
