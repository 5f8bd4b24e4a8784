# SPDX-License-Identifier: GPL-3.0-or-later
"""Softmax splatting: throws every source pixel to where its motion vector points.

Where several pixels land, those with the larger metric count more.

Published by Niklaus and Liu, "Softmax Splatting for Video Frame Interpolation" (CVPR 2020):
out(q) = Σ w·exp(z)·in(p) / (Σ w·exp(z) + 1e-7) with w the bilinear weight of p's landing place at q.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

_EPSILON = 1e-7  # where nothing lands the result is zero


class Splat:
    """Where one flow and metric throw pixels; made once, applied to any values of the same size.

    Sums are gathered target by target in a fixed order, not scattered: this is fast on a CPU, and gives the same bits
    every time on a GPU.
    """

    def __init__(self, flow: torch.Tensor, metric: torch.Tensor) -> None:
        """`flow` [1, 2, H, W] in pixels, finite; `metric` [1, 1, H, W], at most about 80 (it is exponentiated)."""
        self.height, self.width = flow.shape[-2:]
        pixels = self.height * self.width
        target, weight = _landings(flow[0].float())  # [4, H·W] both
        weight = weight * metric.float().exp().view(1, pixels)
        target = target.flatten()
        # The smallest integer type sorts fastest; a stable sort keeps the order of summation fixed.
        order = target.to(torch.int32).argsort(stable=True)
        self._source = order % pixels
        self._weight = weight.flatten()[order]
        landed = torch.bincount(target, minlength=pixels + 1)
        self._first = landed.cumsum(0) - landed
        ones = torch.ones(pixels, 1, device=flow.device)
        self._total = self._sum(ones) + _EPSILON

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        """Throws values [1, C, H, W] → the same shape; zero where nothing landed."""
        rows = values[0].permute(1, 2, 0).reshape(-1, values.shape[1]).float()
        moved = self._sum(rows).div_(self._total)
        return moved.view(1, self.height, self.width, -1).permute(0, 3, 1, 2).to(values.dtype)

    def _sum(self, rows: torch.Tensor) -> torch.Tensor:
        """Weighted sums [H·W, C] of the source `rows` [H·W, C] that land on each target."""
        if rows.device.type == "mps":  # it has no embedding_bag in the oldest supported torch
            landed = torch.diff(self._first, append=self._first.new_tensor([len(self._source)]))
            target = torch.repeat_interleave(landed)
            sums = rows.new_zeros(len(self._first), rows.shape[1])
            return sums.index_add_(0, target, rows[self._source] * self._weight[:, None])[:-1]
        bags = F.embedding_bag(self._source, rows, self._first, mode="sum", per_sample_weights=self._weight)
        return bags[:-1]  # the last bag holds what fell outside


def _landings(flow: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The four target pixels of each source pixel (H·W stands for "outside") and their bilinear weights."""
    height, width = flow.shape[-2:]
    x = torch.arange(width, device=flow.device)[None, :] + flow[0]
    y = torch.arange(height, device=flow.device)[:, None] + flow[1]
    left, top = x.floor(), y.floor()
    right_share, bottom_share = x - left, y - top
    targets, weights = [], []
    for down in (0, 1):
        row = top + down
        for across in (0, 1):
            column = left + across
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            pixel = torch.where(inside, row, 0).long() * width + torch.where(inside, column, 0).long()
            targets.append(torch.where(inside, pixel, height * width).flatten())
            share = (bottom_share if down else 1 - bottom_share) * (right_share if across else 1 - right_share)
            weights.append(share.flatten())
    return torch.stack(targets), torch.stack(weights)
