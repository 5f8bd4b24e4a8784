# SPDX-License-Identifier: GPL-3.0-or-later
"""RIFE 4.6: fast, best on rendered and filmed pictures with small to medium motion.

Motion may be searched for at a reduced size, which finds larger motion and costs a quarter. The size is chosen once for
each pair: motion at the breakdown is searched for at full, half and quarter size, and the size at which the two warped
keys agree best is used for all frames. The full-size keys are then warped by the enlarged motion.

At reduced size the network's first three blocks also see the pair reversed in time, and the mean of both answers is
used, since the network answers differently when the keys are exchanged. This gained 5 % in LPIPS on large drawn motion,
for which reduced sizes are chosen. At full size it gained 1 % and would cost a quarter more, so there the network runs
as published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import nn

from ..core import pictures
from ..core.method_contract import Options, ReportProgress, draft_method
from ..core.warp import backward_warp
from ..nets.ifnet import MULTIPLE
from . import fades, fading_parts, networks, still

MOST_PIXELS = 2_400_000  # motion of larger pictures is searched for at reduced size (2048×1152 is not reduced)
_REDUCTIONS = (1, 2, 4)
_AVERAGED = 3  # blocks of the network that also see the pair reversed, at reduced size
_SMALLEST_SIDE = 64  # pixels of a reduced picture; smaller ones show too little

# Flow [1, 4, h, w] to the start and to the end, and share of the start [1, 1, h, w].
Motion = tuple[torch.Tensor, torch.Tensor]


@draft_method
def inbetween(
    start: torch.Tensor, end: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
) -> Iterator[torch.Tensor]:
    """See `core.method_contract.Method`."""
    if not options.as_published and fades.is_one(start, end):
        options.note(fades.NOTE)
        yield from fades.frames(start, end, times, report)
        return
    report("Loading RIFE", 0.0)
    net = networks.network("rife", options.device, options.dtype, report)
    start, end = start[None].to(options.device), end[None].to(options.device)
    search = _choose_search(net, *pictures.seen(start[0], end[0]), options, report)
    held, fading = (None, None) if options.as_published else _in_place(search, start, end, options.breakdown)
    kept = None
    if fading is not None:
        options.note(fading_parts.NOTE)
    for done, time in enumerate(times):
        report("Drawing inbetweens", (done + 1) / (len(times) + 1))
        flow, share = search.motion(time)
        if held is not None:
            kept = still.kept_free(held, flow.shape[-2:]) if kept is None else kept
            share = still.blocked(share, flow, kept)
        moves = (pictures.Move(start, flow[:, :2], share), pictures.Move(end, flow[:, 2:], 1 - share))
        frame = pictures.finite(pictures.carry(moves), "moving the pictures")
        if held is not None:
            frame = torch.where(held, torch.lerp(start, end, time), frame)
        if fading is not None:
            frame = torch.lerp(frame, torch.lerp(start, end, time), fading)
        yield frame[0].cpu()


class Search:
    """Searches for motion between two pictures [1, 3, H, W], made `reduction` times smaller."""

    def __init__(self, net: nn.Module, start: torch.Tensor, end: torch.Tensor, reduction: float) -> None:
        self._net, self._averaged = net, _AVERAGED if reduction > 1 else 0
        start, end = pictures.reduced(start, reduction), pictures.reduced(end, reduction)
        self._size = start.shape[-2:]
        self._keys = pictures.padded(start, MULTIPLE), pictures.padded(end, MULTIPLE)
        self._found: dict[tuple[float, int], Motion] = {}

    def motion(self, time: float) -> Motion:
        """Finds the motion at `time`."""
        return self._search(time, self._averaged)

    def rough_motion(self, time: float) -> Motion:
        """Finds the motion without averaging, for half the cost. At full size this is the same as `motion`."""
        return self._search(time, 0)

    def _search(self, time: float, averaged: int) -> Motion:
        """Remembers the last answer: the one from the choice of the reduction may serve for the first frame."""
        if (time, averaged) not in self._found:
            height, width = self._size
            flow, mask = self._net(*self._keys, time, averaged)
            pictures.finite(flow, "looking for motion")
            answer = flow[..., :height, :width], torch.sigmoid(mask)[..., :height, :width]
            self._found = {(time, averaged): answer}
        return self._found[time, averaged]


def _in_place(
    search: Search, start: torch.Tensor, end: torch.Tensor, breakdown: float
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Where keys [1, C, H, W] are held, see `still`, and where they fade, see `fading_parts`; None where nothing has
    to be."""
    flow, _ = search.rough_motion(breakdown)
    ways = still.from_key_to_key(flow)
    fading = fading_parts.find(start, end, *ways)
    held = still.find(start, end, *ways)
    return held if held.any() else None, fading


def _choose_search(
    net: nn.Module, start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress
) -> Search:
    """Chooses the reduction at which both keys, warped to the breakdown, agree best. As published: none."""
    if options.as_published:
        return Search(net, start, end, reduction=1)
    factor = pictures.bounding_factor(start, MOST_PIXELS)
    start, end = pictures.reduced(start, factor), pictures.reduced(end, factor)
    height, width = start.shape[-2:]
    searches: list[tuple[float, Search]] = []
    for reduction in _REDUCTIONS:
        if reduction > 1 and min(height, width) < reduction * _SMALLEST_SIDE:
            break
        report("Looking for motion", 0.0)
        search = Search(net, start, end, reduction)
        flow, _ = search.rough_motion(options.breakdown)
        near = backward_warp(start, pictures.enlarged_flow(flow[:, :2], height, width, 0, height))
        far = backward_warp(end, pictures.enlarged_flow(flow[:, 2:], height, width, 0, height))
        searches.append((float((near - far).abs().mean()), search))
    return min(searches, key=lambda each: each[0])[1]
