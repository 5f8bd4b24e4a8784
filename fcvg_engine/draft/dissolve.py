# SPDX-License-Identifier: GPL-3.0-or-later
"""Dissolve: one key fades into the other, without motion or network. Every other method has to be better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from ..core.method_contract import Options, ReportProgress, draft_method


@draft_method
def inbetween(
    start: torch.Tensor, end: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
) -> Iterator[torch.Tensor]:
    """See `core.method_contract.Method`. Premultiplied colours mix linearly, so soft edges keep theirs."""
    for done, time in enumerate(times):
        report("Dissolving", done / len(times))
        yield torch.lerp(start, end, time)
