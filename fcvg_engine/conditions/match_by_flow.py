# SPDX-License-Identifier: GPL-3.0-or-later
"""Matches segments of two keys along dense motion (GMFlow). Free for commercial work, unlike SuperPoint's weights.

The segments of each key are carried along the motion and compared with those that were detected in the other key. An
edge belongs to what lies in front, and there the motion that a network finds is least certain. So each segment is
carried three times, with the motion on it and on either side of it, and the best one counts.

1. Carry (`carrying`): sample points of a segment move with the flow. Those that the flow back does not return are left
out. A line
   with even spacing is fitted to the others.
2. Compare (`pairing`) with every segment of the other key: direction (with the brighter side on the same hand),
distance, overlap. 3. Keep pairs that are each other's best, with the scores of both directions combined. 4. Cut both to
what they share, since a detector breaks the same edge at different places. 5. A segment without a partner is matched
with the place to which it is carried, if an edge like it is seen there.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.method_contract import Options, ReportProgress
from ..draft import networks
from ..nets.gmflow import MULTIPLE
from .carrying import Key
from .pairing import pair
from .segments import Match

MOST_PIXELS = 512 * 288  # of the pictures on which motion is found


@torch.no_grad()
def match(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> list[Match]:
    """Matches segments of keys [3, H, W] in [0, 1]; returns the surest first, at most `segments.MOST`.

    The first point of a segment belongs to the first one of its partner. Raises MissingModel, OutOfMemory, NumericError
    and what `report` raises.
    """
    with pictures.explained_memory():
        forth, back = motion(start, end, options, report)
    report("Matching lines", 0.8)
    return pair(Key.of(start, forth, back), Key.of(end, back, forth))


def motion(
    start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress
) -> tuple[torch.Tensor, torch.Tensor]:
    """Finds the flow from start to end and back, [1, 2, H, W] each, in pixels, on the CPU. Works at reduced size."""
    report("Loading GMFlow", 0.0)
    # Matching takes means over thousands of places, which half precision cannot do.
    net = networks.network("gmflow", options.device, torch.float32, report)
    height, width = start.shape[-2:]
    factor = pictures.bounding_factor(start, MOST_PIXELS)
    small = [max(MULTIPLE, round(side / factor / MULTIPLE) * MULTIPLE) for side in (height, width)]
    keys = [
        F.interpolate(key[None].float().to(options.device), size=small, mode="bilinear", antialias=True)
        for key in (start, end)
    ]
    found = net(*keys, lambda: report("Looking for motion", 0.3))
    finite = [pictures.finite(flow, "matching the keyframes").float().cpu() for flow in found]
    forth, back = (pictures.enlarged_flow(flow, height, width, 0, height) for flow in finite)
    return forth, back
