"""Backward warping: each target pixel looks up where its motion vector points."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def backward_warp(picture: torch.Tensor, flow: torch.Tensor, padding: str = "border", top: int = 0) -> torch.Tensor:
    """`picture` [N, C, H, W] sampled bilinearly at (x + flow_x, y + flow_y); `flow` [N, 2, h, W] in pixels belongs to
    the rows from `top` on → [N, C, h, W].

    `padding` says what lies outside: the nearest edge pixel ("border") or zero ("zeros"). Positions are computed in
    float32 whatever the inputs are, since half precision cannot tell pixels beyond 2048 apart.
    """
    height, width = picture.shape[-2:]
    # grid_sample counts from -1 at the first pixel to 1 at the last.
    x_unit, y_unit = 2.0 / max(width - 1, 1), 2.0 / max(height - 1, 1)
    x = torch.arange(flow.shape[3], device=flow.device) * x_unit - 1
    y = torch.arange(top, top + flow.shape[2], device=flow.device) * y_unit - 1
    offset = flow.float()
    grid = torch.stack(
        (
            torch.add(x[None, None, :], offset[:, 0], alpha=x_unit),
            torch.add(y[None, :, None], offset[:, 1], alpha=y_unit),
        ),
        dim=-1,
    )
    sampled = F.grid_sample(picture.float(), grid, mode="bilinear", padding_mode=padding, align_corners=True)
    return sampled.to(picture.dtype)
