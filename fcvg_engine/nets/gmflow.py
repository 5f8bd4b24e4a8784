# SPDX-License-Identifier: GPL-3.0-or-later
"""GMFlow with two scales: finds every pixel of one picture in the other, both ways at once.

Published by Xu et al., "GMFlow: Learning Optical Flow via Global Matching" (CVPR 2022); module names follow the
published state dict. Features are kept as [N, H, W, C] through transformer and matching.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from ..core.warp import backward_warp

CHANNELS = 128
MULTIPLE = 32  # height and width must be multiples of this: windows of 1/4 size split eight ways
_SCORES_AT_ONCE = 1 << 24  # entries of one attention matrix held at a time (64 MiB in float32)


class Residual(nn.Module):
    """Two 3×3 convolutions with instance norm, added to their input."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.downsample = (
            None
            if stride == 1 and channels_in == channels
            else nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride=stride), nn.InstanceNorm2d(channels))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu_(F.instance_norm(self.conv1(x)))
        y = F.relu_(F.instance_norm(self.conv2(y)))
        if self.downsample is not None:
            x = self.downsample(x)
        return F.relu_(x + y)


class Trident(nn.Module):
    """One kernel applied with stride 1 and with stride 2."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(CHANNELS, CHANNELS, 3, 3))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return F.conv2d(x, self.weight, stride=2, padding=1), F.conv2d(x, self.weight, padding=1)


class Backbone(nn.Module):
    """Picture [N, 3, H, W] → features at 1/8 and 1/4 size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.layer1 = nn.Sequential(Residual(64, 64, 1), Residual(64, 64, 1))
        self.layer2 = nn.Sequential(Residual(64, 96, 2), Residual(96, 96, 1))
        self.layer3 = nn.Sequential(Residual(96, 128, 1), Residual(128, 128, 1))
        self.conv2 = nn.Conv2d(128, CHANNELS, 1)
        self.trident_conv = Trident()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = F.relu_(F.instance_norm(self.conv1(x)))
        eighth, quarter = self.trident_conv(self.conv2(self.layer3(self.layer2(self.layer1(x)))))
        return eighth, quarter


class Linear(nn.Linear):
    """A linear layer over the last of [N, H, W, C], computed as a 1×1 convolution: half as long on a CPU."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.conv2d(x.permute(0, 3, 1, 2), self.weight[:, :, None, None], self.bias)
        return y.permute(0, 2, 3, 1)


class Attention(nn.Module):
    """Single-head attention in windows; with `feed_forward` followed by a two-layer perceptron."""

    def __init__(self, feed_forward: bool) -> None:
        super().__init__()
        self.q_proj = Linear(CHANNELS, CHANNELS, bias=False)
        self.k_proj = Linear(CHANNELS, CHANNELS, bias=False)
        self.v_proj = Linear(CHANNELS, CHANNELS, bias=False)
        self.merge = Linear(CHANNELS, CHANNELS, bias=False)
        self.norm1 = nn.LayerNorm(CHANNELS)
        if feed_forward:
            self.mlp = nn.Sequential(
                Linear(2 * CHANNELS, 8 * CHANNELS, bias=False),
                nn.GELU(),
                Linear(8 * CHANNELS, CHANNELS, bias=False),
            )
            self.norm2 = nn.LayerNorm(CHANNELS)
        self.feed_forward = feed_forward

    def forward(self, source: torch.Tensor, target: torch.Tensor, windows: Windows, shifted: bool) -> torch.Tensor:
        """Adds to `source` what it finds in `target`, both [N, H, W, 128]."""
        found = windows.merge(
            attend(
                windows.split(self.q_proj(source), shifted),
                windows.split(self.k_proj(target), shifted),
                windows.split(self.v_proj(target), shifted),
                windows.mask if shifted else None,
            ),
            shifted,
        )
        message: torch.Tensor = self.norm1(self.merge(found))
        if self.feed_forward:
            message = self.norm2(self.mlp(torch.cat((source, message), -1)))
        return source + message


class Layer(nn.Module):
    """Attention within a picture, then to the other picture."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attn = Attention(feed_forward=False)
        self.cross_attn_ffn = Attention(feed_forward=True)

    def forward(self, source: torch.Tensor, target: torch.Tensor, windows: Windows, shifted: bool) -> torch.Tensor:
        source = self.self_attn(source, source, windows, shifted)
        found: torch.Tensor = self.cross_attn_ffn(source, target, windows, shifted)
        return found


class Transformer(nn.Module):
    """Six layers, every second one with shifted windows."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(6))

    def forward(self, both: torch.Tensor, windows: Windows, tick: Callable[[], None]) -> torch.Tensor:
        """Relates N features with N others, and the other way round: `both` [2N, H, W, 128] → the same shape."""
        for index, layer in enumerate(self.layers):
            tick()
            both = layer(both, _swapped(both), windows, shifted=index % 2 == 1)
        return both


class FlowPropagation(nn.Module):
    """Spreads flow among pixels that look alike: in the whole picture, or in the 3×3 pixels around."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj = Linear(CHANNELS, CHANNELS)
        self.k_proj = Linear(CHANNELS, CHANNELS)

    def forward(self, feature: torch.Tensor, flow: torch.Tensor, everywhere: bool) -> torch.Tensor:
        """`feature` [N, H, W, 128], `flow` [N, H, W, 2] → flow of the same shape."""
        count, height, width, _ = feature.shape
        query = self.q_proj(feature)
        if everywhere:
            # The published network was trained with the key made from the query, not from the feature.
            key = self.k_proj(query)
            return attend(query.flatten(1, 2), key.flatten(1, 2), flow.flatten(1, 2)).view(flow.shape)
        share = torch.softmax(window_scores(query, self.k_proj(feature), 1), -1)  # [N, H, W, 9]
        around = F.unfold(flow.permute(0, 3, 1, 2), 3, padding=1).view(count, 2, 9, height, width)
        return torch.einsum("nhwk,nckhw->nhwc", share, around)


class GMFlow(nn.Module):
    """The network; module names are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.transformer = Transformer()
        self.feature_flow_attn = FlowPropagation()
        self.upsampler = nn.Sequential(
            nn.Conv2d(2 + CHANNELS, 256, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(256, 16 * 9, 1)
        )

    def forward(
        self, start: torch.Tensor, end: torch.Tensor, tick: Callable[[], None]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Finds the flow between pictures [1, 3, H, W] in [0, 1], whose sides are multiples of 32.

        Returns start→end and end→start, [1, 2, H, W] each, in pixels.

        `tick` is called between steps and may raise.

        The published network runs once each way. Features and the coarse transformer are the same both times, so here
        both directions share them.
        """
        tick()
        pictures = torch.cat((start, end))
        mean = pictures.new_tensor((0.485, 0.456, 0.406)).view(1, 3, 1, 1)
        deviation = pictures.new_tensor((0.229, 0.224, 0.225)).view(1, 3, 1, 1)
        eighth, quarter = self.backbone((pictures - mean) / deviation)

        coarse, windows = eighth.permute(0, 2, 3, 1), Windows(eighth, 2)
        coarse = self.transformer(coarse + windows.position(), windows, tick)
        flow = match_everywhere(coarse, _swapped(coarse))  # [2, H/8, W/8, 2]: start→end, end→start
        flow = self.feature_flow_attn(coarse, flow, everywhere=True)

        flow = flow.permute(0, 3, 1, 2)
        flow = 2 * F.interpolate(flow, scale_factor=2, mode="bilinear", align_corners=True)  # [2, 2, H/4, W/4]
        other = backward_warp(_swapped(quarter), flow, "zeros")
        windows = Windows(quarter, 8)
        fine = torch.cat((quarter, other)).permute(0, 2, 3, 1) + windows.position()
        fine, other = self.transformer(fine, windows, tick).chunk(2)
        flow = flow.permute(0, 2, 3, 1) + match_around(fine, other, 4)
        flow = self.feature_flow_attn(fine, flow, everywhere=False)

        flow = self._upsample(flow.permute(0, 3, 1, 2), fine.permute(0, 3, 1, 2))
        return flow[:1], flow[1:]

    def _upsample(self, flow: torch.Tensor, feature: torch.Tensor) -> torch.Tensor:
        """Enlarges flow four times: each vector is a learnt mean of the 3×3 coarse vectors around it."""
        count, _, height, width = flow.shape
        share = self.upsampler(torch.cat((flow, feature), 1)).view(count, 9, 16, height, width).softmax(1)
        around = F.unfold(4 * flow, 3, padding=1).view(count, 2, 9, height, width)
        fine = torch.einsum("nkshw,nckhw->ncshw", share, around)
        return F.pixel_shuffle(fine.flatten(1, 2), 4)


class Windows:
    """A grid of `splits` × `splits` windows over features of one size, straight or shifted by half a window."""

    def __init__(self, feature: torch.Tensor, splits: int) -> None:
        """`feature` [N, C, H, W] gives size, device and dtype."""
        self.splits = splits
        self.height, self.width = feature.shape[2] // splits, feature.shape[3] // splits
        self._like = feature
        self._shift = (self.height // 2, self.width // 2)
        self.mask = self._mask()

    def split(self, x: torch.Tensor, shifted: bool) -> torch.Tensor:
        """[N, H, W, C] → [N·splits², height·width, C]."""
        if shifted:
            x = x.roll((-self._shift[0], -self._shift[1]), (1, 2))
        x = x.reshape(-1, self.splits, self.height, self.splits, self.width, x.shape[-1])
        return x.transpose(2, 3).flatten(3, 4).flatten(0, 2)

    def merge(self, x: torch.Tensor, shifted: bool) -> torch.Tensor:
        """The reverse of `split`."""
        x = x.view(-1, self.splits, self.splits, self.height, self.width, x.shape[-1])
        x = x.transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return x.roll(self._shift, (1, 2)) if shifted else x

    def position(self) -> torch.Tensor:
        """Sine position code [1, H, W, 128], the same in each window: 64 channels for rows, 64 for columns."""
        half = CHANNELS // 2
        device = self._like.device
        period = 10000 ** (2 * torch.arange(half // 2, device=device) / half)

        def code(count: int) -> torch.Tensor:
            angle = torch.arange(1, count + 1, device=device)[:, None] * (2 * math.pi / count) / period
            return torch.stack((angle.sin(), angle.cos()), -1).flatten(1)  # [count, 64]

        rows = code(self.height)[:, None, :].expand(-1, self.width, -1)
        columns = code(self.width)[None, :, :].expand(self.height, -1, -1)
        one = torch.cat((rows, columns), -1).to(self._like.dtype)
        return one.repeat(self.splits, self.splits, 1)[None]

    def _mask(self) -> torch.Tensor:
        """[splits², L, L], True where two places of a shifted window are in the same region of the picture."""

        def regions(size: int, shift: int) -> torch.Tensor:
            region = torch.zeros(size * self.splits, dtype=torch.int64, device=self._like.device)
            region[-size:] = 1
            region[region.shape[0] - shift :] = 2
            return region

        place = 3 * regions(self.height, self._shift[0])[:, None] + regions(self.width, self._shift[1])[None, :]
        place = self.split(place[None, :, :, None], shifted=False)[..., 0]  # [splits², L]
        return place[:, :, None] == place[:, None, :]


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Computes softmax(query·keyᵀ/√C)·value for [B, L, C], [B, M, C], [B, M, D] → [B, L, D], in bounded memory.

    `mask` [W, L, M] is True where attention is allowed, and repeats over the batch (B is a multiple of W).
    """
    batch, length, _ = query.shape
    rows = max(1, _SCORES_AT_ONCE // (key.shape[1] * batch))
    if rows >= length:
        return _attend(query, key, value, mask)
    return torch.cat(
        [
            _attend(query[:, at : at + rows], key, value, None if mask is None else mask[:, at : at + rows])
            for at in range(0, length, rows)
        ],
        1,
    )


def _attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    scores = torch.bmm(query * query.shape[-1] ** -0.5, key.transpose(1, 2))
    if mask is not None:
        scores.view(-1, *mask.shape).masked_fill_(~mask, -100.0)
    return torch.bmm(scores.softmax(-1), value)


def match_everywhere(feature: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Finds the flow [N, H, W, 2] from each place to the mean place of its matches in `other`; both [N, H, W, C]."""
    count, height, width, _ = feature.shape
    places = _places(height, width, feature)
    targets = places.flatten(0, 1).expand(count, -1, -1)
    found = attend(feature.flatten(1, 2), other.flatten(1, 2), targets)
    return found.view(count, height, width, 2) - places


def match_around(feature: torch.Tensor, other: torch.Tensor, radius: int) -> torch.Tensor:
    """Does the same among the (2·radius+1)² places around; places outside of the picture do not count."""
    scores = window_scores(feature, other, radius)
    inside = window_scores(torch.ones_like(feature[:1, ..., :1]), torch.ones_like(other[:1, ..., :1]), radius) > 0
    share = scores.masked_fill(~inside, -1e4).softmax(-1)
    steps = _places(2 * radius + 1, 2 * radius + 1, feature).flatten(0, 1) - radius  # [K, 2]
    return share @ steps


def window_scores(query: torch.Tensor, key: torch.Tensor, radius: int) -> torch.Tensor:
    """Computes query·key/√C with the (2·radius+1)² keys around each place (zero outside), rows first: [N, H, W, K]."""
    count, height, width, channels = query.shape
    side = 2 * radius + 1
    padded = F.pad(key, (0, 0, radius, radius, radius, radius))
    flat = (query * channels**-0.5).reshape(count * height, width, channels)
    bands = []
    for down in range(side):
        # All columns of a row with all columns of another one; of this only the diagonal band is near.
        row = padded[:, down : down + height].reshape(count * height, width + 2 * radius, channels)
        scores = torch.bmm(flat, row.transpose(1, 2)).contiguous()
        step = scores.stride(0), scores.stride(1) + 1, 1
        bands.append(scores.as_strided((count * height, width, side), step))
    return torch.cat(bands, -1).view(count, height, width, side * side)


def _places(height: int, width: int, like: torch.Tensor) -> torch.Tensor:
    """[H, W, 2], each place's own (x, y)."""
    y = torch.arange(height, dtype=like.dtype, device=like.device)
    x = torch.arange(width, dtype=like.dtype, device=like.device)
    return torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)


def _swapped(both: torch.Tensor) -> torch.Tensor:
    """The two halves of a batch in exchanged order."""
    return both.roll(both.shape[0] // 2, 0)
