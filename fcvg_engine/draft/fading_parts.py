# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the parts of a picture that fade while the rest stands still or moves: a title that appears, a lamp lit.

Networks that look for motion tear such a part, or let it jump. Here a part is what changes and hangs together. It
fades if one of these is so:

* Its edges lie in the same places in both keys: only its light or colour changes.
* One key has edges in it and the other nearly none, so a thing is there in one key only. A part of the like size and
  colours that is there in the other key only would be the same thing, moved. A part that reaches the picture's border
  may have come from outside. Neither fades.

Looked for in a small copy of the keys.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.warp import backward_warp

NOTE = "A part of the picture fades where it is, since nothing moves there."

_SIDE = 320  # longer side of the small picture
_CHANGED = 12 / 255
_EDGE = 20 / 255
_LEAST_PART = 1 / 4000  # of the picture; smaller parts are left to the network
_MOST_PARTS = 64  # the largest
_LIKE = 0.85  # correlation of the edges of a part whose light changes
_ONE_SIDED = 0.15  # edges in the one key for each in the other, of a thing that is in one key only
_LEAST_EDGES = 8
_PARTNER_SIZE = 0.5
_PARTNER_COLOURS = 0.5  # shared by the histograms of a thing that moved
_LEVELS = 6  # of each channel of the histogram
_JUMPS = 3
_UNEXPLAINED = 0.5  # of the change that motion leaves
_RIM_PX = 3  # around a part, and how softly it ends


@torch.no_grad()
def find(start: torch.Tensor, end: torch.Tensor, forth: torch.Tensor, back: torch.Tensor) -> torch.Tensor | None:
    """Return how much of each place of keys [1, C, H, W] is to be a dissolve, [1, 1, H, W] in [0, 1]; None where
    nothing fades. `forth`, `back`: as for `still.find`."""
    keys = [pictures.thumbnail(each[0], _SIDE)[None] for each in (start, end)]
    changed = (keys[0] - keys[1]).abs().amax(1, keepdim=True) > _CHANGED
    if not changed.any() or min(changed.shape[-2:]) < 4 * _RIM_PX:
        return None
    labels = _labels(F.max_pool2d(changed.float(), 3, 1, 1) > 0)
    views = (_View(keys[0], keys[1], forth), _View(keys[1], keys[0], back))
    parts = [_Part(labels == label, views) for label in _largest(labels)]
    fading = [part.places for part in parts if part.fades(parts)]
    if not fading:
        return None
    wide = F.max_pool2d(torch.stack(fading).any(0).float(), 2 * _RIM_PX + 1, 1, _RIM_PX)
    soft = F.avg_pool2d(wide, _RIM_PX, 1, _RIM_PX // 2, count_include_pad=False)
    height, width = start.shape[-2:]
    return pictures.enlarged(soft, height, width, 0, height)


class _View:
    """A key [1, C, h, w], its edges, and where motion `flow` leads from them to something else in the other key."""

    def __init__(self, key: torch.Tensor, other: torch.Tensor, flow: torch.Tensor) -> None:
        height, width = key.shape[-2:]
        across = F.pad(key.diff(dim=3), (0, 1)).abs().amax(1, keepdim=True)
        down = F.pad(key.diff(dim=2), (0, 0, 0, 1)).abs().amax(1, keepdim=True)
        self.key, self.edges = key, across + down
        small = F.interpolate(flow.float(), size=(height, width), mode="bilinear", antialias=True)
        unit = small.new_tensor((width / flow.shape[3], height / flow.shape[2])).view(1, 2, 1, 1)
        apart = (key - backward_warp(other, small * unit)).abs().amax(1, keepdim=True)
        self.left = apart - _UNEXPLAINED * (key - other).abs().amax(1, keepdim=True)

    def is_unexplained(self, places: torch.Tensor) -> bool:
        """Whether motion leads most edges among the places to something else."""
        edges = places & (self.edges > _EDGE)
        return bool(edges.any()) and float(self.left[edges].mean()) > 0


class _Part:
    """What changes and hangs together. `places`: bool [1, 1, h, w]. `strengths`: of all edges in either key."""

    def __init__(self, places: torch.Tensor, views: tuple[_View, _View]) -> None:
        self.places, self.size, self._views = places, int(places.sum()), views
        self._at_border = bool(places[..., [0, -1], :].any() or places[..., [0, -1]].any())
        self.strengths = [float(each.edges[places & (each.edges > _EDGE)].sum()) for each in views]

    def fades(self, all_parts: list[_Part]) -> bool:
        """Whether it does, beside the others."""
        inner = -F.max_pool2d(-self.places.float(), 2 * _RIM_PX + 1, 1, _RIM_PX) > 0
        if any(self._is_light(places) for places in (self.places, inner)):
            return True
        key = self.only_in
        if key is None or self._at_border or not self._views[key].is_unexplained(self.places):
            return False
        return not any(self._may_have_moved(other, key) for other in all_parts if other is not self)

    @property
    def only_in(self) -> int | None:
        """The key, 0 or 1, that alone shows a thing here; None where both do, or neither."""
        least, most = sorted(self.strengths)
        if most < _LEAST_EDGES * _EDGE or least > _ONE_SIDED * most:
            return None
        return self.strengths.index(most)

    def _is_light(self, places: torch.Tensor) -> bool:
        """Whether the same edges lie among the places in both keys, and none of them has come by motion."""
        near, far = (each.edges[places] for each in self._views)
        product = (near.square().sum() * far.square().sum()).sqrt()
        if float(product) < _LEAST_EDGES * _EDGE**2 or float((near * far).sum() / product) < _LIKE:
            return False
        return all(each.is_unexplained(places) for each in self._views)

    def _may_have_moved(self, other: _Part, key: int) -> bool:
        """Whether the thing that is here in one key only may be there in the other."""
        if other.only_in == key or min(self.size, other.size) < _PARTNER_SIZE * max(self.size, other.size):
            return False
        here, there = _histogram(self._views[key].key, self.places), _histogram(self._views[1 - key].key, other.places)
        return bool(torch.minimum(here, there).sum() > _PARTNER_COLOURS)


def _labels(places: torch.Tensor) -> torch.Tensor:
    """Give each group of neighbouring places [1, 1, h, w] a number of its own above 0; 0 elsewhere."""
    labels = torch.arange(1.0, places.numel() + 1, device=places.device).view_as(places) * places  # exact below 2²⁴
    while True:
        # The highest number among neighbours; then that of the place which this number names, to go far at once.
        spread = F.max_pool2d(labels, 3, 1, 1) * places
        for _ in range(_JUMPS):
            spread = torch.cat((spread.new_zeros(1), spread.flatten()))[spread.long()]
        if torch.equal(spread, labels):
            return labels
        labels = spread


def _largest(labels: torch.Tensor) -> list[int]:
    """The numbers of the largest groups."""
    numbers, sizes = torch.unique(labels[labels > 0], return_counts=True)
    order = sizes.argsort(descending=True)[:_MOST_PARTS]
    return [int(numbers[each]) for each in order if sizes[each] >= _LEAST_PART * labels.numel()]


def _histogram(picture: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    levels = (picture[0][:, places[0, 0]].clamp(0, 1) * (_LEVELS - 1)).round().long()
    index = torch.zeros_like(levels[0])
    for channel in levels:
        index = index * _LEVELS + channel
    return torch.bincount(index, minlength=_LEVELS ** len(levels)).float() / max(1, levels.shape[1])
