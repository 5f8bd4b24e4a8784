# SPDX-License-Identifier: GPL-3.0-or-later
"""FeatureNet of GMFSS-Fortuna: a picture's features at 1/2, 1/4 and 1/8 size.

Module names follow the published state dict.
"""

from __future__ import annotations

import torch
from torch import nn

from .layers import activated_pair


class FeatureNet(nn.Module):
    """The network; module names are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.block1 = activated_pair(3, 64, stride=2)
        self.block2 = activated_pair(64, 128, stride=2)
        self.block3 = activated_pair(128, 192, stride=2)

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """[N, 3, H, W] → [N, 64, H/2, W/2], [N, 128, H/4, W/4], [N, 192, H/8, W/8]."""
        half = self.block1(picture)
        quarter = self.block2(half)
        return half, quarter, self.block3(quarter)
