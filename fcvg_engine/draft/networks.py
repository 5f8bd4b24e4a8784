# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the networks of RIFE and GMFSS with their trained weights, and keeps them for the next job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from ..models import draft_weights
from ..nets.featurenet import FeatureNet
from ..nets.fusionnet import FusionNet
from ..nets.gmflow import GMFlow
from ..nets.ifnet import IFNet
from ..nets.metricnet import MetricNet

if TYPE_CHECKING:
    from ..core.method_contract import ReportProgress


_CLASSES: dict[str, type[nn.Module]] = {
    "rife": IFNet,
    "gmflow": GMFlow,
    "metric": MetricNet,
    "feature": FeatureNet,
    "fusion": FusionNet,
}
_warm: dict[tuple[str, torch.device, torch.dtype], nn.Module] = {}


def network(name: str, device: torch.device, dtype: torch.dtype, report: ReportProgress) -> nn.Module:
    """Returns the network `name`, one of `draft_weights.known()`, with its trained weights; the same one next time.

    Downloads the weights when they are not there. Raises DownloadFailed, MissingModel and DiskError as
    `draft_weights.load` does, and whatever `report` raises meanwhile.
    """
    key = (name, device, dtype)
    if key not in _warm:
        state = draft_weights.load(name, report)
        with torch.device("meta"):  # no time is lost on first values that the weights replace
            net = _CLASSES[name]()
        net.load_state_dict(state, assign=True)
        layout = torch.contiguous_format if device.type == "mps" else torch.channels_last
        _warm[key] = net.eval().requires_grad_(False).to(device, dtype, memory_format=layout)  # type: ignore[call-overload]
    return _warm[key]
