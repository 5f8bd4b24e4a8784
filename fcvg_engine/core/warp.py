# SPDX-License-Identifier: GPL-3.0-or-later
"""Backward warping: each target pixel looks up where its motion vector points."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

_BANDS = 32  # at most: more than the cores of most computers, few enough to stay worth a thread's start


def backward_warp(picture: torch.Tensor, flow: torch.Tensor, padding: str = "border", top: int = 0) -> torch.Tensor:
    """Samples `picture` [N, C, H, W] bilinearly at (x + flow_x, y + flow_y) → [N, C, h, W].

    `flow` [N, 2, h, W], in pixels, belongs to the h rows from `top` on. `padding` says what lies outside of the
    picture: the nearest edge pixel ("border") or zero ("zeros"). Positions are computed in float32 whatever the inputs
    are, since half precision cannot tell pixels beyond 2048 apart.
    """
    x = torch.arange(flow.shape[3], device=flow.device)
    y = torch.arange(top, top + flow.shape[2], device=flow.device)
    offset = flow.float()
    sampled = sample(picture.float(), x[None, None, :] + offset[:, 0], y[None, :, None] + offset[:, 1], padding)
    return sampled.to(picture.dtype)


def sample(picture: torch.Tensor, x: torch.Tensor, y: torch.Tensor, padding: str = "border") -> torch.Tensor:
    """Samples `picture` [N, C, H, W], float32, bilinearly at pixel positions `x`, `y` [N, h, w] → [N, C, h, w]."""
    height, width = picture.shape[-2:]
    # grid_sample counts from -1 at the first pixel to 1 at the last.
    grid = torch.stack((x * (2.0 / max(width - 1, 1)) - 1, y * (2.0 / max(height - 1, 1)) - 1), -1)
    if padding == "border":  # done here, because not every device's grid_sample can
        grid.clamp_(-1, 1)
    if picture.device.type != "cpu" or len(picture) > 1:
        return F.grid_sample(picture, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    # On a processor torch's threads share the work by pictures only. So the picture is given once for each band of
    # rows, which costs no memory: half the time on two cores, and the same bits.
    rows, columns = grid.shape[1:3]
    bands = math.gcd(rows, _BANDS)
    banded = F.grid_sample(
        picture.expand(bands, -1, -1, -1),
        grid.view(bands, rows // bands, columns, 2),
        mode="bilinear",
        padding_mode="zeros",
        align_corners=True,
    )
    return banded.transpose(0, 1).reshape(1, -1, rows, columns)
