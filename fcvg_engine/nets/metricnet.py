# SPDX-License-Identifier: GPL-3.0-or-later
"""MetricNet of GMFSS-Fortuna: how much each source pixel should count where several land on one target.

Module names follow the published state dict.
"""

from __future__ import annotations

import torch
from torch import nn

from ..core.warp import backward_warp


def _stage(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(nn.PReLU(), nn.Conv2d(channels_in, channels_out, 3, padding=1))


class MetricNet(nn.Module):
    """The network; module names are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.metric_in = nn.Conv2d(14, 64, 3, padding=1)
        self.metric_net1 = _stage(64, 64)
        self.metric_net2 = _stage(64, 64)
        self.metric_net3 = _stage(64, 64)
        self.metric_out = _stage(64, 2)

    def forward(
        self, start: torch.Tensor, end: torch.Tensor, flow_start: torch.Tensor, flow_end: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Rates pixels of pictures [N, 3, H, W] with flows start→end, end→start [N, 2, H, W]: [N, 1, H, W] in ±10."""
        error_start = (start - backward_warp(end, flow_start, "zeros")).abs().mean(1, keepdim=True)
        error_end = (end - backward_warp(start, flow_end, "zeros")).abs().mean(1, keepdim=True)
        hidden_start = _inconsistent(flow_start, flow_end)
        hidden_end = _inconsistent(flow_end, flow_start)
        height, width = start.shape[-2:]
        relative = torch.tensor([2 / (width - 1), 2 / (height - 1)], dtype=start.dtype, device=start.device)
        relative = relative.view(1, 2, 1, 1)
        x = torch.cat(
            (
                start,
                end,
                -error_start,
                -error_end,
                flow_start * relative,
                flow_end * relative,
                hidden_start,
                hidden_end,
            ),
            1,
        )
        x = self.metric_in(x)
        for stage in (self.metric_net1, self.metric_net2, self.metric_net3):
            x = stage(x) + x
        metric: torch.Tensor = torch.tanh(self.metric_out(x)) * 10
        return metric[:, :1], metric[:, 1:]


def _inconsistent(there: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
    """1 where going `there` and coming `back` does not return to the same place (UnFlow's test), else 0."""
    length = there.norm(dim=1, keepdim=True) + back.norm(dim=1, keepdim=True)
    gap = (there + backward_warp(back, there, "zeros")).norm(dim=1, keepdim=True)
    hidden: torch.Tensor = gap > 0.01 * length + 0.5
    return hidden.to(there.dtype)
