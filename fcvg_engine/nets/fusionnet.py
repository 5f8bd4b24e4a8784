# SPDX-License-Identifier: GPL-3.0-or-later
"""FusionNet of GMFSS-Fortuna "union": a grid of convolutions that paints the frame from what was splatted.

Three rows (1/2, 1/4 and 1/8 size) and four columns: going down, across, then up twice. Module names follow the
published state dict (first digit the row, second the column).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from .layers import activated_pair


def _up(channels_in: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.PReLU(),
        nn.ConvTranspose2d(channels_in, channels, 4, stride=2, padding=1),
        nn.PReLU(),
        nn.Conv2d(channels, channels, 3, padding=1),
    )


class Tail(nn.Module):
    """Doubles the size and returns to colours: convolution to 256 channels, pixel shuffle, convolution to 3.

    There is nothing non-linear between these two convolutions. So inside the picture they are one 5×5 convolution to 12
    channels, for a tenth of the work, which is composed when the weights are loaded (`inner`). Only the outermost
    pixels differ, because zeros are padded before either convolution; those are computed as published.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv_before_upsample = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.PReLU())
        self.upsample = nn.Sequential(nn.Conv2d(64, 256, 3, padding=1), nn.PixelShuffle(2))
        self.conv_last = nn.Conv2d(64, 3, 3, padding=1)
        self.inner = nn.Conv2d(64, 12, 5, padding=2)
        self.register_load_state_dict_pre_hook(_compose_inner)  # type: ignore[no-untyped-call]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_before_upsample(x)
        frame = F.pixel_shuffle(self.inner(x), 2)
        frame[:, :, :1] = self._published(x[:, :, :2])[:, :, :1]
        frame[:, :, -1:] = self._published(x[:, :, -2:])[:, :, -1:]
        frame[..., :1] = self._published(x[..., :2])[..., :1]
        frame[..., -1:] = self._published(x[..., -2:])[..., -1:]
        return frame

    def _published(self, x: torch.Tensor) -> torch.Tensor:
        colours: torch.Tensor = self.conv_last(self.upsample(x))
        return colours


def _compose_inner(module: nn.Module, state: dict[str, torch.Tensor], prefix: str, *_: Any) -> None:
    """Finds the composed kernel: the response of both convolutions to single bright pixels, without bias."""
    first, last = state[f"{prefix}upsample.0.weight"].double(), state[f"{prefix}conv_last.weight"].double()
    bias = state[f"{prefix}upsample.0.bias"].double()
    impulses = torch.zeros(64, 64, 5, 5, dtype=torch.float64)
    impulses[torch.arange(64), torch.arange(64), 2, 2] = 1
    # A response at offset o is the kernel at -o, hence the flip. Two pixels of margin hold the whole response.
    grown = F.pixel_shuffle(F.conv2d(F.pad(impulses, (1, 1, 1, 1)), first, padding=1), 2)
    response = F.pixel_unshuffle(F.conv2d(grown, last, padding=1), 2)[:, :, 1:-1, 1:-1]
    state[f"{prefix}inner.weight"] = response.flip(2, 3).transpose(0, 1).float()
    flat = F.pixel_shuffle(bias.view(1, 256, 1, 1).expand(-1, -1, 3, 3), 2)
    constant = F.pixel_unshuffle(F.conv2d(flat, last, state[f"{prefix}conv_last.bias"].double(), padding=1), 2)
    state[f"{prefix}inner.bias"] = constant[0, :, 1, 1].float()


class FusionNet(nn.Module):
    """The network; module names are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.residual_model_head0 = activated_pair(9, 64)
        self.residual_model_head1 = activated_pair(128, 64)
        self.residual_model_head2 = activated_pair(256, 128)
        self.residual_model_head3 = activated_pair(384, 192)
        for row, channels in enumerate((64, 128, 192)):
            for column in (1, 4, 5):
                self.add_module(f"residual_model_{row}{column}", activated_pair(channels, channels))
        self.downsample_model_10 = activated_pair(64, 128, 2)
        self.downsample_model_20 = activated_pair(128, 192, 2)
        self.downsample_model_11 = activated_pair(64, 128, 2)
        self.downsample_model_21 = activated_pair(128, 192, 2)
        self.upsample_model_04 = _up(128, 64)
        self.upsample_model_14 = _up(192, 128)
        self.upsample_model_05 = _up(128, 64)
        self.upsample_model_15 = _up(192, 128)
        self.residual_model_tail = Tail()

    def forward(
        self,
        pictures: torch.Tensor,
        half: torch.Tensor,
        quarter: torch.Tensor,
        eighth: torch.Tensor,
        tick: Callable[[], None],
    ) -> torch.Tensor:
        """Paints from three pictures [N, 9, H/2, W/2] and both keys' features [N, 128 | 256 | 384, …]: [N, 3, H, W].

        `tick` is called between steps and may raise.
        """

        def run(name: str, x: torch.Tensor) -> torch.Tensor:
            tick()
            y: torch.Tensor = self.get_submodule(name)(x)
            return y

        def across(place: str, x: torch.Tensor) -> torch.Tensor:
            return run(f"residual_model_{place}", x).add_(x)

        x00 = run("residual_model_head0", pictures).add_(run("residual_model_head1", half))
        x10 = run("downsample_model_10", x00).add_(run("residual_model_head2", quarter))
        x20 = run("downsample_model_20", x10).add_(run("residual_model_head3", eighth))
        x01 = across("01", x00)
        x11 = across("11", x10).add_(run("downsample_model_11", x01))
        x21 = across("21", x20).add_(run("downsample_model_21", x11))
        x24 = across("24", x21)
        x14 = across("14", x11).add_(run("upsample_model_14", x24))
        x04 = across("04", x01).add_(run("upsample_model_04", x14))
        x25 = across("25", x24)
        x15 = across("15", x14).add_(run("upsample_model_15", x25))
        x05 = across("05", x04).add_(run("upsample_model_05", x15))
        return run("residual_model_tail", x05)
