# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Video Diffusion in a single file, as its authors published it, made from a folder of `checkpoints`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from fcvg_engine.diffusion import single_file

State = dict[str, torch.Tensor]

# What the published file holds besides, and nobody reads.
UNREAD = (
    "first_stage_model.encoder.conv_in.weight",
    "conditioner.embedders.3.encoder.decoder.conv_in.weight",
    "conditioner.embedders.0.open_clip.model.positional_embedding",
    "conditioner.embedders.0.open_clip.model.logit_scale",
)


def write(models: Path, path: Path, half: bool = False, without: str = "") -> Path:
    """Write the networks of `models`, a folder made by `checkpoints.write`, into the single file `path`; in half
    precision if asked for, and `without` the tensors whose names begin so."""
    svd = models / "stable-video-diffusion-img2vid-xt-1-1"
    state = {key: torch.zeros(2) for key in UNREAD}
    for part in ("unet", "vae", "image_encoder"):
        (weights,) = (svd / part).glob("*.safetensors")
        state |= theirs(part, load_file(weights))
    kept = {
        key: tensor.half() if half else tensor
        for key, tensor in state.items()
        if not (without and key.startswith(without))
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(kept, path)
    return path


def theirs(part: str, ours: Mapping[str, torch.Tensor]) -> State:
    """The tensors of a network under the names and in the shapes of the single file."""
    state: State = {}
    thirds: dict[str, State] = {}
    for key, (name, change) in single_file.sources(part, ours).items():
        tensor = ours[key]
        if name.endswith((".in_proj_weight", ".in_proj_bias")):
            thirds.setdefault(name, {})[key.rpartition("_proj.")[0][-1]] = tensor
        elif name.endswith(".visual.proj"):
            state[name] = tensor.T.contiguous()
        elif change is not None:  # attention of the VAE
            state[name] = tensor[:, :, None, None]
        else:
            state[name] = tensor
    return state | {name: torch.cat([three[each] for each in "qkv"]) for name, three in thirds.items()}
