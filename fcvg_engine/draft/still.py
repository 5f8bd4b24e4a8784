# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what stands still while the picture around it moves: subtitles, logos, frame lines, a house behind a head.

Networks give such places the motion of what surrounds them and tear them. But they can be told. A place stands still if
its value is the same in both keys, an edge beside it shows in both keys that this is no accident of flat colour, and
the motion of the frames, which should lead from one key to the same thing in the other, leads to something else, seen
from either key. Flat places between such edges, as inside of letters, stand still too, and so do other edges near by.

In a frame a held place is a dissolve of both keys. Nothing else may be looked up there: where a key's motion leads from
a held place, the other key counts.

Values are the same if they differ by no more than `_SAME`, by grain as strong as it is measured in both keys, or by a
share of the contrast around them, which is what compression leaves.

    mean error in levels of 255 halfway            RIFE → held       GMFSS → held
    subtitle, logo, window over a rendered pan     1.2–7.3 → 0.9–2.6     14–51 → 0.6–3.8
    the same with grain of 4 levels                5.2–9.0 → 3.9–4.1     15–51 → 2.6–4.4
    as JPEG of quality 75                          7.7–12 → 6.3–11       17–51 → 7.2–13

(`tests/engine/draft/test_still.py`)
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.warp import backward_warp

_SAME = 4 / 255  # of the values of a place in both keys
_GRAINS = 4.2  # standard deviations of grain by which one value may differ from another: 3 · √2
_MOST_GRAIN = 10 / 255
_GRAIN_BLOCK = 8  # pixels; those that vary least show the grain
_SHARE_OF_CONTRAST = 0.05
_CONTRAST_PX = 5  # around a place, of a picture of half the size
_LED_ASTRAY = 8 / 255  # that the motion explains a place worse
_WORSE = 0.7  # of the tolerance, likewise
_EDGE = 20 / 255
_ABOVE_TOLERANCE = 1.5  # that an edge has to be
_MOVED_PX = 0.3  # motion below this drags nothing
_SOFT = 60 / 255  # difference of a held thing's soft border, through which the ground shows
_GROWN_PX = 6  # of a flat place beside an edge that stands still
_SIDES = 3  # of four, on which the next edge has to stand still, for a flat place to do so
_NEAR = 24  # part of the picture's height that is near
_DRAGGED = 0.25  # share of the still edges near by that are dragged, for all of them to be held
_CALM = 0.15  # share of what is near that is the same in both keys, from which on the ground stands still
_STEPS = 4  # to the place of a frame from which a motion comes
_BOTH_BLOCKED = 0.05  # share of both keys together below which what is blocked is used all the same


def from_key_to_key(flow: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return for the motion `flow` [1, 4, h, w] of a frame between the motion [1, 2, h, w] of each place of the start
    to the end, and of each place of the end to the start."""
    near, far = flow[:, :2], flow[:, 2:]
    return _through(near, far), _through(far, near)


def _through(near: torch.Tensor, far: torch.Tensor) -> torch.Tensor:
    """Seek the place of the frame that leads to each place of the near key; return its way on to the far one."""
    way = -near
    for _ in range(_STEPS):
        way = -backward_warp(near, way)
    return backward_warp(far - near, way)


def find(start: torch.Tensor, end: torch.Tensor, forth: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
    """Return where keys [1, C, H, W] stand still but are dragged, bool [1, 1, H, W]. `forth` [1, 2, h, w]: the motion
    to the end of each place of the start; `back`: to the start of each place of the end."""
    pair = _Pair(start, end)
    edges = _widened(pair.still_edges) & pair.same
    if not edges.any() or not ((_length(forth) > _MOVED_PX).any() or (_length(back) > _MOVED_PX).any()):
        return torch.zeros_like(edges)
    still = edges & pair.dragged(start, end, forth) & pair.dragged(end, start, back)
    if not still.any():
        return still
    still = still | (edges & (_near(still) > _DRAGGED * _near(edges)))
    other_edges = _steps(start, pair.edge)
    flat = pair.same & ~other_edges
    for _ in range(_GROWN_PX):
        still = still | (_widened(still) & flat)
    still = still | _between(still, pair.same & ~_widened(other_edges))
    soft = pair.difference < _SOFT
    return still | (_widened(still) & soft)


def kept_free(still: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """Return where nothing may be looked up, float [1, 1, h, w] of the `size` of a motion, for `blocked`."""
    small = still.float()
    return _widened(small if small.shape[-2:] == size else F.adaptive_max_pool2d(small, size)).float()


def blocked(share: torch.Tensor, flow: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Return the share [1, 1, h, w] of the start for a frame with the motion `flow` [1, 4, h, w], such that nothing is
    looked up where `kept` is 1."""
    near, far = (1 - backward_warp(kept, each) for each in (flow[:, :2], flow[:, 2:]))
    near, far = share * near, (1 - share) * far
    whole = near + far
    return torch.where(whole > _BOTH_BLOCKED, near / whole.clamp(min=_BOTH_BLOCKED), share)


class _Pair:
    """Two keys [1, C, H, W] compared, place by place: all fields are [1, 1, H, W]."""

    def __init__(self, start: torch.Tensor, end: torch.Tensor) -> None:
        self.difference = _difference(start, end)
        contrast = torch.minimum(_contrast(start), _contrast(end))
        least = max(_SAME, _GRAINS * max(grain(start), grain(end)))
        self.tolerance = (_SHARE_OF_CONTRAST * contrast).clamp(min=least)
        self.same = self.difference < self.tolerance
        self.edge = (_ABOVE_TOLERANCE * self.tolerance).clamp(min=_EDGE)
        """How large a step is that counts as an edge."""
        self.still_edges = _steps(start, self.edge, self.same) | self._rims(start, end)
        """The same in both keys, beside something else in both of them."""

    def _rims(self, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
        """Edges of which only one side is the same in both keys. Where most of what is near by is the same, they may be
        outlines of two things that cross; so they count only where the ground moves."""
        found = torch.zeros_like(self.same)
        for axis in (2, 3):
            step = _step(start, self.edge, axis) & _step(end, self.edge, axis)
            for side in (0, 1):
                here = found.narrow(axis, side, step.shape[axis])
                here.logical_or_(step & self.same.narrow(axis, side, step.shape[axis]))
        return found & (_near(self.same) <= _CALM)

    def dragged(self, key: torch.Tensor, other: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        """Where the motion leads from what is the same in both keys to something else in the other."""
        height, width = key.shape[-2:]
        flow = pictures.enlarged_flow(flow, height, width, 0, height)
        apart = _difference(key, backward_warp(other, flow))
        worse = apart > self.difference + (_WORSE * self.tolerance).clamp(min=_LED_ASTRAY)
        return self.same & (_length(flow) > _MOVED_PX) & worse


def grain(picture: torch.Tensor) -> float:
    """Return the standard deviation of the grain of [1, C, H, W], at most `_MOST_GRAIN`; 0 where it is too small to
    tell."""
    colours = picture[:, :3]
    if min(colours.shape[-2:]) < 2 * _GRAIN_BLOCK:
        return 0.0
    fine = colours - F.avg_pool2d(colours, 3, 1, 1, count_include_pad=False)
    blocks = F.avg_pool2d(fine.square(), _GRAIN_BLOCK).mean(1).sqrt().flatten()
    calmest = blocks.kthvalue(1 + len(blocks) // 10).values
    return min(_MOST_GRAIN, float(calmest) * math.sqrt(9 / 8))  # the mean of nine places takes a ninth of the variance


def _difference(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return (one - other).abs().amax(1, keepdim=True)


def _contrast(picture: torch.Tensor) -> torch.Tensor:
    """How far values around each place lie apart; at half the size, which is quicker."""
    highest, lowest = (sign * _highest(F.max_pool2d(sign * picture, 2, ceil_mode=True)) for sign in (1, -1))
    contrast = F.interpolate((highest - lowest).amax(1, keepdim=True), scale_factor=2)
    return contrast[..., : picture.shape[2], : picture.shape[3]]


def _highest(picture: torch.Tensor) -> torch.Tensor:
    rows = F.max_pool2d(picture, (1, _CONTRAST_PX), 1, (0, _CONTRAST_PX // 2))
    return F.max_pool2d(rows, (_CONTRAST_PX, 1), 1, (_CONTRAST_PX // 2, 0))


def _length(flow: torch.Tensor) -> torch.Tensor:
    return flow.square().sum(1, keepdim=True).sqrt()


def _near(places: torch.Tensor) -> torch.Tensor:
    """The share of such places in the square around each."""
    reach = places.shape[2] // _NEAR
    side = 2 * reach + 1
    rows = F.avg_pool2d(places.float(), (1, side), 1, (0, reach), count_include_pad=False)
    return F.avg_pool2d(rows, (side, 1), 1, (reach, 0), count_include_pad=False)


def _step(picture: torch.Tensor, least: torch.Tensor, axis: int) -> torch.Tensor:
    """Whether each place differs from the next one along the axis by more than `least` at either."""
    size = picture.shape[axis] - 1
    apart = (picture.narrow(axis, 1, size) - picture.narrow(axis, 0, size)).abs().amax(1, keepdim=True)
    return apart > torch.maximum(least.narrow(axis, 0, size), least.narrow(axis, 1, size))


def _steps(picture: torch.Tensor, least: torch.Tensor, may_be: torch.Tensor | None = None) -> torch.Tensor:
    """Where a place differs from its neighbour by more than `least`, on both sides of the step, which both `may_be`."""
    found = torch.zeros_like(least, dtype=torch.bool)
    for axis in (2, 3):
        step = _step(picture, least, axis)
        size = step.shape[axis]
        if may_be is not None:
            step = step & may_be.narrow(axis, 0, size) & may_be.narrow(axis, 1, size)
        found.narrow(axis, 0, size).logical_or_(step)
        found.narrow(axis, 1, size).logical_or_(step)
    return found


def _between(still: torch.Tensor, flat: torch.Tensor) -> torch.Tensor:
    """The `flat` places from which the next place that is not flat stands still, to at least `_SIDES` sides."""
    sides = torch.zeros_like(still, dtype=torch.uint8)
    for axis in (2, 3):
        for is_reversed in (False, True):
            one, other = (each.flip(axis) if is_reversed else each for each in (still, flat))
            shape = [1] * 4
            shape[axis] = -1
            place = torch.arange(one.shape[axis], device=one.device).view(shape).expand_as(one)
            last = torch.where(other & ~one, -1, place).cummax(axis).values
            hit = one.gather(axis, last.clamp(min=0)) & (last >= 0)
            sides += hit.flip(axis) if is_reversed else hit
    return flat & (sides >= _SIDES)


def _widened(places: torch.Tensor) -> torch.Tensor:
    return F.max_pool2d(places.float(), 3, 1, 1) > 0
