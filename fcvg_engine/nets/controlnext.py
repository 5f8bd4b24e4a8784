# SPDX-License-Identifier: GPL-3.0-or-later
"""ControlNeXt for Stable Video Diffusion: condition maps and the noise level → features that are added to the UNet's.

Published by Peng et al., "ControlNeXt: Powerful and Efficient Control for Image and Video Generation" (2024), and
trained anew by FCVG (Zhu et al., CVPR 2025), whose published state dict the module names follow. 3.53 M parameters.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

CHANNELS = 320  # of the features: those of the UNet's first block
_TIME_CHANNELS = 256
_STRENGTH = 0.2  # of the features beside the UNet's own, at weight 1


class TimeEmbedding(nn.Module):
    """The noise level [], as the UNet gets it → [1, 256]."""

    _FREQUENCIES = 64

    def __init__(self) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(2 * self._FREQUENCIES, _TIME_CHANNELS)
        self.linear_2 = nn.Linear(_TIME_CHANNELS, _TIME_CHANNELS)

    def forward(self, timestep: torch.Tensor) -> torch.Tensor:
        octaves = torch.arange(self._FREQUENCIES, dtype=torch.float32, device=timestep.device) / self._FREQUENCIES
        phase = timestep.float().view(1, 1) * torch.exp(-math.log(10_000) * octaves)
        waves = torch.cat((phase.cos(), phase.sin()), dim=1).to(self.linear_1.weight.dtype)
        time: torch.Tensor = self.linear_2(F.silu(self.linear_1(waves)))
        return time


class ResidualBlock(nn.Module):
    """Two convolutions with the time embedding added between them; the input is added to their output."""

    def __init__(self, channels_in: int, channels: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels_in, eps=1e-6)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, padding=1)
        self.time_emb_proj = nn.Linear(_TIME_CHANNELS, channels)
        self.norm2 = nn.GroupNorm(groups, channels, eps=1e-6)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(channels_in, channels, 1) if channels_in != channels else nn.Identity()

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = hidden + self.time_emb_proj(F.silu(time))[:, :, None, None]
        out: torch.Tensor = self.conv_shortcut(x) + self.conv2(F.silu(self.norm2(hidden)))
        return out


class Downsample(nn.Module):
    """A convolution that halves the size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        halved: torch.Tensor = self.conv(x)
        return halved


class ControlNeXt(nn.Module):
    """Condition maps [F, 3, H, W] in [0, 1] → features [F, 320, about H / 8, about W / 8], each frame by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.time_embedding = TimeEmbedding()
        self.embedding = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2, padding=1),
            nn.GroupNorm(2, 64),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 64, 3),
            nn.GroupNorm(2, 64),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 128, 3),
            nn.GroupNorm(2, 128),
            nn.ReLU(inplace=True),
        )
        self.down_res = nn.ModuleList((ResidualBlock(128, 128, groups=4), ResidualBlock(128, 256, groups=8)))
        self.down_sample = nn.ModuleList((Downsample(128), Downsample(256)))
        self.mid_convs = nn.ModuleList(
            (
                nn.Sequential(
                    nn.Conv2d(256, 256, 3, padding=1),
                    nn.ReLU(inplace=True),
                    nn.GroupNorm(8, 256),
                    nn.Conv2d(256, 256, 3, padding=1),
                    nn.GroupNorm(8, 256),
                ),
                nn.Conv2d(256, CHANNELS, 1),
            )
        )

    def embed(self, conditions: torch.Tensor) -> torch.Tensor:
        """Computes the first half, which does not depend on the noise level: [F, 128, about H / 2, about W / 2]."""
        embedded: torch.Tensor = self.embedding(conditions)
        return embedded

    def forward(self, embedded: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        """Computes the second half: what `embed` returned → features at `timestep`, a number."""
        time = self.time_embedding(timestep)
        hidden = embedded
        for block, downsample in zip(self.down_res, self.down_sample, strict=True):
            hidden = downsample(block(hidden, time))
        features: torch.Tensor = self.mid_convs[1](self.mid_convs[0](hidden) + hidden)
        return features


def normalised(features: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Normalises features [F, 320, h', w'] to mean 0 and deviation 1 in each frame, and pools them to `size` (h, w)."""
    wide = features.float()  # sums over a frame leave half precision's range
    deviation, mean = torch.std_mean(wide, dim=(1, 2, 3), keepdim=True)
    return F.adaptive_avg_pool2d((wide - mean) / (deviation + 1e-5), size).to(features.dtype)


class Injection:
    """A forward hook of the UNet's first down block, which adds features to its output.

    `features` has for each branch of the batch `normalised` features [F, 320, h, w], or None to add nothing. While it
    is empty, the hook does nothing. As published, skip connections out of the block are not changed.
    """

    def __init__(self) -> None:
        self.features: Sequence[torch.Tensor | None] = ()
        self.weight = 1.0

    @staticmethod
    def into(unet: Any) -> Injection:
        """Returns the hook of `unet`. It stays there, since changing hooks would compile a compiled network again."""
        if unet not in _injections:
            _injections[unet] = Injection()
            unet.down_blocks[0].register_forward_hook(_injections[unet])
        return _injections[unet]

    def __call__(self, block: nn.Module, inputs: object, output: tuple[torch.Tensor, Any]) -> tuple[torch.Tensor, Any]:
        if not self.features:
            return output
        hidden, skips = output
        branches = zip(hidden.chunk(len(self.features)), self.features, strict=True)
        added = [branch if each is None else injected(branch, each, self.weight) for branch, each in branches]
        return torch.cat(added), skips


_injections: weakref.WeakKeyDictionary[nn.Module, Injection] = weakref.WeakKeyDictionary()


def injected(hidden: torch.Tensor, features: torch.Tensor, weight: float) -> torch.Tensor:
    """Adds `normalised` features to the UNet's `hidden`, both [N, 320, h, w].

    The features get the mean and deviation of each frame of `hidden`, so that they count equally at all noise levels.
    As published, pooling comes after this; here it comes before, with the same result, since it is linear.
    """
    deviation, mean = torch.std_mean(hidden.float(), dim=(1, 2, 3), keepdim=True)
    deviation, mean = deviation.to(hidden.dtype), mean.to(hidden.dtype)
    return hidden + (features * deviation + mean) * (_STRENGTH * weight)
