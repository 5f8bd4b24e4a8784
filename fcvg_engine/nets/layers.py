# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that several networks have."""

from __future__ import annotations

from torch import nn


def activated_pair(channels_in: int, channels: int, stride: int = 1) -> nn.Sequential:
    """Makes two 3×3 convolutions, the first with `stride`, each after a PReLU."""
    return nn.Sequential(
        nn.PReLU(),
        nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1),
        nn.PReLU(),
        nn.Conv2d(channels, channels, 3, padding=1),
    )
