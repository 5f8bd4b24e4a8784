# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what stands still while the picture around it moves: subtitles, logos, frame lines, a house behind a head.

Networks give such places the motion of what surrounds them and tear them. But they can be told. A place stands still if
its value is the same in both keys, an edge shows that this is no accident of flat colour, and the network's motion,
which should lead from one key to the same thing in the other, leads to something else, seen from either key. Flat
places between such edges, as inside of letters, stand still too.

In a frame a held place is a dissolve of both keys. Nothing else may be looked up there: where a key's motion leads from
a held place, the other key counts.

    mean error in levels of 255 halfway            RIFE → held       GMFSS → held
    still text over a landscape that pans          48.9 → 0.2        55.8 → 0.4
    subtitle, logo, window over a rendered pan     1.2–7.3 → 0.3–3.2     14–51 → 0.8–8.5
    drawn, 12 pairs, all of the picture            6.67 → 6.64       6.30 → 6.27

(`tests/engine/draft/test_still.py`, and `benchmarks.drawn`.) Grain, and what compression leaves, hide that a place is
the same: nothing is held there.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.warp import backward_warp

_SAME = 4 / 255  # of the values of a place in both keys
_LED_ASTRAY = 8 / 255  # that the network's motion explains a place worse
_EDGE = 20 / 255
_MOVED_PX = 0.3  # motion below this drags nothing
_SOFT = 60 / 255  # difference of a held thing's soft border, through which the ground shows
_GROWN_PX = 6  # of a flat place beside an edge that stands still
_SIDES = 3  # of four, on which the next edge has to stand still, for a flat place to do so
_BOTH_BLOCKED = 0.05  # share of both keys together below which what is blocked is used all the same


def may_be_dragged(start: torch.Tensor, end: torch.Tensor, flow: torch.Tensor) -> bool:
    """Whether an edge between keys [1, C, H, W] is the same in both and the motion [1, 4, h, w] halfway moves it."""
    edges = _still_edges(start, _same(start, end))
    if not edges.any():
        return False
    size = flow.shape[-2:]
    near = F.adaptive_max_pool2d(edges.float(), size) if edges.shape[-2:] != size else edges
    return bool(((near > 0) & (_length(flow[:, :2]) > _MOVED_PX)).any())


def find(start: torch.Tensor, end: torch.Tensor, forth: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
    """Return where keys [1, C, H, W] stand still but are dragged, bool [1, 1, H, W]. `forth` [1, 2, h, w]: the motion
    to the end of each place of the start; `back`: to the start of each place of the end."""
    same = _same(start, end)
    dragged = _dragged(start, end, forth, same) & _dragged(end, start, back, same)
    still = dragged & _widened(_still_edges(start, same))
    flat = same & ~_edges(start)
    for _ in range(_GROWN_PX):
        still = still | (_widened(still) & flat)
    still = still | _between(still, same & ~_widened(_edges(start)))
    soft = _difference(start, end) < _SOFT
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


def _same(start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    return _difference(start, end) < _SAME


def _difference(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return (one - other).abs().amax(1, keepdim=True)


def _length(flow: torch.Tensor) -> torch.Tensor:
    return flow.square().sum(1, keepdim=True).sqrt()


def _dragged(key: torch.Tensor, other: torch.Tensor, flow: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """Where the motion leads from what stands still in the one key to something else in the other."""
    height, width = key.shape[-2:]
    flow = pictures.enlarged_flow(flow, height, width, 0, height)
    apart = _difference(key, backward_warp(other, flow))
    return same & (_length(flow) > _MOVED_PX) & (apart > _difference(key, other) + _LED_ASTRAY)


def _edges(picture: torch.Tensor) -> torch.Tensor:
    """Where a place differs from its neighbour, on both sides of the edge."""
    return _paired(picture, torch.ones_like(picture[:, :1], dtype=torch.bool))


def _still_edges(picture: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """The edges of which both sides are the `same` in both keys."""
    return _paired(picture, same)


def _paired(picture: torch.Tensor, may_be: torch.Tensor) -> torch.Tensor:
    found = torch.zeros_like(may_be)
    for axis in (2, 3):
        size = picture.shape[axis] - 1
        step = (picture.narrow(axis, 1, size) - picture.narrow(axis, 0, size)).abs().amax(1, keepdim=True) > _EDGE
        step = step & may_be.narrow(axis, 1, size) & may_be.narrow(axis, 0, size)
        found.narrow(axis, 1, size).logical_or_(step)
        found.narrow(axis, 0, size).logical_or_(step)
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
