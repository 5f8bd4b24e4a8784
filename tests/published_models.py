# SPDX-License-Identifier: GPL-3.0-or-later
"""Two small models as published: the file of FILM, and the files of Stable Video Diffusion by their paths."""

from __future__ import annotations

import json

import torch
from safetensors.torch import save

FILM = b"PK\x03\x04" + bytes(range(256)) * 40
NETWORK = save({"down_blocks.0.resnets.0.temporal_res_block.conv1.weight": torch.arange(64.0)})
SVD = {
    "unet/config.json": json.dumps({"_class_name": "UNetSpatioTemporalConditionModel", "num_frames": 25}).encode(),
    "unet/diffusion_pytorch_model.fp16.safetensors": NETWORK,
    "vae/config.json": b'{"_class_name": "AutoencoderKLTemporalDecoder"}',
}
