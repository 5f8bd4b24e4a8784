# SPDX-License-Identifier: GPL-3.0-or-later
"""A model folder in the official layout whose networks are tiny and whose weights are drawn from their keys' names.

They are the networks of the goldens: what is generated with them can be compared with the published program.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

GOLDENS = Path(__file__).parent / "goldens"
# What FCVG's training changed in the UNet; in the files of Stable Video Diffusion these have other values here too.
_TRAINED = (".to_v.weight", ".to_out.0.weight", ".to_out.0.bias")
_GI_TRAINED = tuple(f"temporal_transformer_blocks.0.attn1{key}" for key in _TRAINED)

State = dict[str, torch.Tensor]


def write(folder: Path, sizes: Path = GOLDENS / "fcvg" / "models.json") -> Path:
    """Write the folder (FCVG_CHECKPOINTS may name it) with all that FCVG, TRF, ViBiDSampler and GI need.

    `sizes` is the models.json of goldens. About two seconds and 0.4 GB.
    """
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    from fcvg_engine.nets.controlnext import ControlNeXt

    configs = json.loads(sizes.read_text("utf-8"))
    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(**configs["unet"])
        vae = AutoencoderKLTemporalDecoder(**configs["vae"])
        image_encoder = CLIPVisionModelWithProjection(CLIPVisionConfig(**configs["image_encoder"]))
        controlnext = ControlNeXt()

    fcvg = drawn(unet, "unet")
    svd = {**fcvg, **drawn(unet, "svd", lambda key: key.endswith(_TRAINED))}
    gi = {**svd, **drawn(unet, "gi", lambda key: key.endswith(_GI_TRAINED))}
    save_file(fcvg, _made(folder) / "unet.safetensors")
    save_file(drawn(controlnext, "controlnext"), folder / "controlnext.safetensors")

    xt = folder / "stable-video-diffusion-img2vid-xt-1-1"
    unet_config = {"_class_name": "UNetSpatioTemporalConditionModel", **configs["unet"]}
    vae_config = {"_class_name": "AutoencoderKLTemporalDecoder", **configs["vae"]}
    scheduler_config = {"_class_name": "EulerDiscreteScheduler", **configs["scheduler"]}
    image_encoder_config = {"model_type": "clip_vision_model", **configs["image_encoder"]}
    _write_json(xt / "model_index.json", {"_class_name": "StableVideoDiffusionPipeline"})
    _write_json(xt / "unet" / "config.json", unet_config)
    save_file(svd, xt / "unet" / "diffusion_pytorch_model.safetensors")
    _write_json(xt / "vae" / "config.json", vae_config)
    save_file(drawn(vae, "vae"), xt / "vae" / "diffusion_pytorch_model.safetensors")
    _write_json(xt / "image_encoder" / "config.json", image_encoder_config)
    save_file(drawn(image_encoder, "image_encoder"), xt / "image_encoder" / "model.safetensors")
    _write_json(xt / "scheduler" / "scheduler_config.json", scheduler_config)
    _write_json(xt / "feature_extractor" / "preprocessor_config.json", configs["feature_extractor"])

    # GI was trained from the model of 14 frames: both are needed to know what training changed.
    for name in ("stable-video-diffusion-img2vid", "svd_reverse_motion_with_attnflip"):
        _write_json(folder / name / "unet" / "config.json", {**unet_config, "num_frames": 14})
    base = folder / "stable-video-diffusion-img2vid" / "unet" / "diffusion_pytorch_model.safetensors"
    base.hardlink_to(xt / "unet" / "diffusion_pytorch_model.safetensors")
    halves = {key: tensor.half() for key, tensor in gi.items()}
    save_file(halves, folder / "svd_reverse_motion_with_attnflip/unet/diffusion_pytorch_model.fp16.safetensors")
    return folder


def drawn(module: torch.nn.Module, prefix: str, wanted: Callable[[str], bool] = lambda key: True) -> State:
    """The state dict of `module`, which may be on the meta device, for the keys that are `wanted`."""
    tensor_for = runpy.run_path(str(GOLDENS / "weights.py"))["tensor_for"]
    shapes = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items() if wanted(key)}
    return {key: tensor_for(f"{prefix}.{key}", shape) for key, shape in shapes.items()}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_json(path: Path, content: object) -> None:
    (_made(path.parent) / path.name).write_text(json.dumps(content), "utf-8")
