# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys between which nothing moves: a dissolve is right, exact in brightness and place.

Networks that look for motion invent it there: black frames, bent horizons. Two kinds are told, on small copies:

* One key shows nothing: it is of one colour throughout, or transparent. The other fades in or out.
* Only light or tint changes: in each channel, equal values of one key become
  equal values of the other. What is left over is at most `LEFT` anywhere, after a blur that takes out grain. What moves
  leaves more behind: where it has been, or where it comes to, the ground's value becomes two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.method_contract import ReportProgress

EMPTY = 4 / 255  # range of all values of a key that shows nothing
LEFT = 6 / 255

_SIDE = 480  # longer side of the small picture that is judged
_BLUR = 5
_STEPS = 48  # of the curve, between which it is straight
_VARIANCE = 1e-6


NOTE = "The keyframes fade into one another, since nothing moves between them."

FIRST, LAST, LIGHT = "first", "last", "light"


def is_one(start: torch.Tensor, end: torch.Tensor) -> bool:
    """Whether keys [C, H, W] are the same, or fade into one another."""
    return torch.equal(start, end) or bool(kind(start, end))


def frames(
    start: torch.Tensor, end: torch.Tensor, times: Sequence[float], report: ReportProgress
) -> Iterator[torch.Tensor]:
    """Yield the frames between such keys."""
    for done, time in enumerate(times):
        report("Dissolving", done / len(times))
        yield torch.lerp(start, end, time)


@torch.no_grad()
def kind(start: torch.Tensor, end: torch.Tensor) -> str:
    """Return how keys [C, H, W] fade into one another: the `FIRST` or the `LAST` shows nothing, or only the `LIGHT`
    changes. Empty where something may move."""
    for which, key in ((FIRST, start), (LAST, end)):
        if float((key.amax((1, 2)) - key.amin((1, 2))).amax()) <= EMPTY:
            return which
    first, last = (pictures.thumbnail(each, _SIDE) for each in (start, end))
    return LIGHT if min(_left_over(first, last), _left_over(last, first)) <= LEFT else ""


def _left_over(first: torch.Tensor, last: torch.Tensor) -> float:
    """The largest difference anywhere between `last` and the best curve through the values of `first` [C, H, W]."""
    left = 0.0
    for one, other in zip(first, last, strict=True):
        varied = one - one.mean()
        slope = (varied * other).mean() / varied.square().mean().clamp(min=_VARIANCE)
        rest = other - slope * varied
        step = (one.clamp(0, 1) * _STEPS).round().long().flatten()
        sums = torch.zeros(_STEPS + 1).index_add_(0, step, rest.flatten())
        counts = torch.bincount(step, minlength=_STEPS + 1).clamp(min=1)
        rest = rest - (sums / counts)[step].view_as(rest)
        blurred = F.avg_pool2d(rest[None, None], _BLUR, 1, _BLUR // 2, count_include_pad=False)
        left = max(left, float(blurred.abs().max()))
    return left
