# SPDX-License-Identifier: GPL-3.0-or-later
"""IFNet of RIFE 4.6: finds the motion from a moment between two pictures to both of them, coarse to fine.

Published by Huang et al., "Real-Time Intermediate Flow Estimation for Video Frame Interpolation" (ECCV 2022); module
names follow the published state dict.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..core.warp import backward_warp

MULTIPLE = 32  # height and width of the pictures must be multiples of this
_SCALES = (8, 4, 2, 1)  # block i works on the picture reduced by _SCALES[i]


class ResidualConv(nn.Module):
    """3×3 convolution whose output, scaled by `beta`, is added to its input.

    Scaling and adding are linear, so they are folded into the kernel when the published weights are loaded.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.register_load_state_dict_pre_hook(_fold_residual)  # type: ignore[no-untyped-call]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.leaky_relu_(self.conv(x), 0.2)


def _fold_residual(module: nn.Module, state: dict[str, torch.Tensor], prefix: str, *_: Any) -> None:
    beta = state.pop(f"{prefix}beta").view(-1)
    weight = state[f"{prefix}conv.weight"] * beta.view(-1, 1, 1, 1)
    weight[:, :, 1, 1] += torch.eye(len(beta))
    state[f"{prefix}conv.weight"] = weight
    state[f"{prefix}conv.bias"] = state[f"{prefix}conv.bias"] * beta


class Block(nn.Module):
    """One refinement at a reduced size: its input → changes of flow and mask at that size."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(
            nn.Sequential(nn.Conv2d(channels_in, channels // 2, 3, stride=2, padding=1), nn.LeakyReLU(0.2, True)),
            nn.Sequential(nn.Conv2d(channels // 2, channels, 3, stride=2, padding=1), nn.LeakyReLU(0.2, True)),
        )
        self.convblock = nn.Sequential(*(ResidualConv(channels) for _ in range(8)))
        self.lastconv = nn.Sequential(nn.ConvTranspose2d(channels, 24, 4, stride=2, padding=1), nn.PixelShuffle(2))

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """[N, 7 or 12, H, W] → [N, 5, H, W]: four of flow in pixels of this size, one of mask logits."""
        changes: torch.Tensor = self.lastconv(self.convblock(self.conv0(seen)))[:, :5]
        return changes


class IFNet(nn.Module):
    """The network; module names are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.block0 = Block(7, 192)
        self.block1 = Block(12, 128)
        self.block2 = Block(12, 96)
        self.block3 = Block(12, 64)

    def forward(
        self, start: torch.Tensor, end: torch.Tensor, time: float, averaged: int = 0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Finds the motion at `time` in (0, 1) between `start` and `end`, [1, 3, H, W] in [0, 1].

        Returns flow [1, 4, H, W] in pixels (x, y to the start; x, y to the end) and mask logits [1, 1, H, W] (share of
        the start). The first `averaged` blocks also see the pair reversed in time, and the mean of both answers is
        used; 0 is as published.
        """
        dtype = next(self.parameters()).dtype
        motion = start.new_zeros(0)  # later [1, 5, H, W]: flow and mask so far
        blocks = (self.block0, self.block1, self.block2, self.block3)
        for index, (block, scale) in enumerate(zip(blocks, _SCALES, strict=True)):
            if index == 0:
                seen = _reduced(torch.cat((start, end), 1), scale)
                known = seen[:, :0]
            else:
                near, far = backward_warp(start, motion[:, :2]), backward_warp(end, motion[:, 2:4])
                seen = _reduced(torch.cat((near, far), 1), scale)
                known = _reduced(motion, scale) * _unit(motion, 1 / scale)
            moment = torch.full_like(seen[:, :1], time)
            x = torch.cat((seen, moment, known[:, 4:], known[:, :4]), 1)
            if index < averaged:
                x = torch.cat((x, _reversed(seen, moment, known)))
            change = block(x.to(dtype)).float()
            if index < averaged:
                there, back = change.chunk(2)
                change = (there + torch.cat((back[:, 2:4], back[:, :2], -back[:, 4:]), 1)) / 2
            # Enlarging is three times as fast on plain planes as on the convolutions' interleaved channels.
            change = change.contiguous(memory_format=torch.contiguous_format)
            change = F.interpolate(change, scale_factor=scale, mode="bilinear") if scale > 1 else change
            change *= _unit(change, scale)
            motion = change if index == 0 else motion.add_(change)
        return motion[:, :4], motion[:, 4:]


def _reduced(x: torch.Tensor, scale: int) -> torch.Tensor:
    return F.interpolate(x, scale_factor=1 / scale, mode="bilinear") if scale > 1 else x


def _unit(like: torch.Tensor, scale: float) -> torch.Tensor:
    """Factors that turn flow into flow of a `scale` times larger picture, and do not change the mask."""
    return torch.tensor((scale, scale, scale, scale, 1.0), device=like.device).view(1, 5, 1, 1)


def _reversed(seen: torch.Tensor, moment: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """A block's input for the pair reversed in time."""
    swapped = (seen[:, 3:], seen[:, :3], 1 - moment, -known[:, 4:], known[:, 2:4], known[:, :2])
    return torch.cat(swapped, 1)
