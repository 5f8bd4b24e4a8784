# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Video Diffusion as its authors published it: all networks in one file.

The numbers are the same as in diffusers' folders. Names differ, and a few shapes: the image encoder's queries, keys and
values are one matrix, a third each in this order; its projection is transposed; attention in the VAE has 1×1
convolutions for matrices. The file is read where it lies: nothing is converted and written.

The VAE's encoder is the one beside the conditioner, with its `quant_conv`: the authors' program encodes the key with
it, and so does diffusers' published VAE. The VAE's decoder is that of the first stage.

Names and shapes are those of the authors' modules, which make up the published file to the byte (9,559,625,980 of
svd_xt.safetensors).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from . import safetensors_loading

CONFIGS = Path(__file__).with_name("published.json")  # configs of the networks, which the file does not hold

_UNET = "model.diffusion_model."
_ENCODER = "conditioner.embedders.3.encoder."
_DECODER = "first_stage_model."
_IMAGE_ENCODER = "conditioner.embedders.0.open_clip.model.visual."
# Networks that are read. The file has more, such as the rest of a text encoder, which nobody needs.
_NETWORKS = (_UNET, f"{_ENCODER}encoder.", f"{_ENCODER}quant_conv.", f"{_DECODER}decoder.", _IMAGE_ENCODER)

# Segments of diffusers' keys → those in the file. Segments that are not listed have the same name in both.
_ENDS = {
    "time_embedding": "time_embed",
    "add_embedding": "label_emb.0",
    "linear_1": "0",
    "linear_2": "2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_RESIDUAL = {
    "spatial_res_block": "",
    "temporal_res_block": "time_stack",
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_TRANSFORMER = {"temporal_transformer_blocks": "time_stack", "linear_1": "0", "linear_2": "2"}
_VAE_ENDS = {"conv_norm_out": "norm_out", "time_conv_out": "conv_out.time_mix_conv"}
_VAE_RESIDUAL = {"spatial_res_block": "", "conv_shortcut": "nin_shortcut", "time_mixer": ""}
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out": "proj_out", "0": ""}
_CLIP = {
    "vision_model": "",
    "embeddings": "",
    "patch_embedding": "conv1",
    "pre_layrnorm": "ln_pre",
    "post_layernorm": "ln_post",
    "encoder": "",
    "layers": "transformer.resblocks",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "self_attn": "attn",
    "fc1": "c_fc",
    "fc2": "c_proj",
}

Source = tuple[str, safetensors_loading.Change | None]  # a key of the file, and how to change its tensor


def config(name: str) -> dict[str, Any]:
    """Returns the published config of unet, vae, image_encoder or scheduler, as in diffusers' folder of that name."""
    content: dict[str, Any] = safetensors_loading.read_json(CONFIGS)[name]
    return content


def located(path: Path, name: str, keys: Iterable[str]) -> safetensors_loading.Located:
    """Finds the tensors of a network (unet, vae or image_encoder) in the file, by diffusers' `keys`.

    Keys that the file does not have are left out. Tensors of the same network that are not asked for are added under
    the file's names, so that the file of another network is noticed. Raises MissingModel when the file is missing or
    not whole.
    """
    there = safetensors_loading.located([path])
    wanted = sources(name, keys)
    asked = {key for key, _ in wanted.values()}
    networks = tuple(each for each in _NETWORKS if any(key.startswith(each) for key in asked))
    found = {
        key: safetensors_loading.Place(path, source, change)
        for key, (source, change) in wanted.items()
        if source in there
    }
    return found | {key: place for key, place in there.items() if key.startswith(networks) and key not in asked}


def sources(name: str, keys: Iterable[str]) -> Mapping[str, Source]:
    """Maps diffusers' `keys` of a network to the file's keys, each with what changes its tensor into diffusers'."""
    return {"unet": _unet, "vae": _vae, "image_encoder": _image_encoder}[name](list(keys))


def _unet(keys: list[str]) -> dict[str, Source]:
    """In the file its blocks have one running number, and in them a residual block, attention and a resampler."""
    layers = _count(keys, r"down_blocks\.0\.resnets\.(\d+)\.")

    def source(key: str) -> str:
        match = re.match(
            r"(down|mid|up)_blocks?\.(?:(\d+)\.)?(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.", key
        )
        if match is None:
            return _renamed(key, _ENDS)
        way, block, kind, index = match[1], int(match[2] or 0), match[3], int(match[4])
        rest = key[match.end() :]
        column = 1 if kind == "attentions" else 0
        if kind == "downsamplers":
            return f"input_blocks.{(block + 1) * (layers + 1)}.0.{rest.replace('conv.', 'op.')}"
        if kind == "upsamplers":  # the last in the block's last row, after attention if there is any
            column = 1 + any(each.startswith(f"up_blocks.{block}.attentions.") for each in keys)
            return f"output_blocks.{block * (layers + 1) + layers}.{column}.{rest}"
        place = {
            "down": f"input_blocks.{block * (layers + 1) + index + 1}.{column}",
            "mid": f"middle_block.{1 if column else 2 * index}",
            "up": f"output_blocks.{block * (layers + 1) + index}.{column}",
        }[way]
        return f"{place}.{_renamed(rest, _TRANSFORMER if column else _RESIDUAL)}"

    return {key: (_UNET + source(key), None) for key in keys}


def _vae(keys: list[str]) -> dict[str, Source]:
    """In the file its decoder's blocks are counted from the other end."""
    ups = _count(keys, r"decoder\.up_blocks\.(\d+)\.")

    def source(key: str) -> Source:
        match = re.match(r"(?:en|de)coder\.(down|mid|up)_blocks?\.(?:(\d+)\.)?(\w+)\.(\d+)\.", key)
        if match is None:
            return _renamed(key, _VAE_ENDS), None
        coder, way, block, kind, index = key[:8], match[1], int(match[2] or 0), match[3], int(match[4])
        rest = key[match.end() :]
        if kind == "attentions":
            matrix = rest.endswith(".weight") and rest != "group_norm.weight"
            return f"{coder}mid.attn_1.{_renamed(rest, _VAE_ATTENTION)}", _matrix if matrix else None
        column = f"{coder}mid" if way == "mid" else f"{coder}{way}.{block if way == 'down' else ups - 1 - block}"
        if kind != "resnets":
            return f"{column}.{kind.removesuffix('rs')}.{rest}", None
        # Temporal blocks have the names of the UNet's; the others do not.
        names = _RESIDUAL if rest.startswith("temporal") else _VAE_RESIDUAL
        return f"{column}.block{'_' if way == 'mid' else '.'}{index + (way == 'mid')}.{_renamed(rest, names)}", None

    found = {}
    for key in keys:
        name, change = source(key)
        found[key] = ((_DECODER if key.startswith("decoder.") else _ENCODER) + name, change)
    return found


def _image_encoder(keys: list[str]) -> dict[str, Source]:
    def source(key: str) -> Source:
        if key == "visual_projection.weight":
            return "proj", _transposed
        if key.endswith(".position_embedding.weight"):
            return "positional_embedding", None
        match = re.search(r"\.([qkv])_proj\.(weight|bias)$", key)
        if match is None:
            return _renamed(key, _CLIP), None
        return f"{_renamed(key[: match.start()], _CLIP)}.in_proj_{match[2]}", partial(_third, "qkv".index(match[1]))

    found = {}
    for key in keys:
        name, change = source(key)
        found[key] = (_IMAGE_ENCODER + name, change)
    return found


def _count(keys: list[str], pattern: str) -> int:
    return len({match[1] for key in keys if (match := re.match(pattern, key))})


def _renamed(key: str, names: Mapping[str, str]) -> str:
    segments = (names.get(segment, segment) for segment in key.split("."))
    return ".".join(segment for segment in segments if segment)


def _third(which: int, tensor: torch.Tensor) -> torch.Tensor:
    return tensor.chunk(3)[which]


def _matrix(tensor: torch.Tensor) -> torch.Tensor:
    """[out, in, 1, 1] → [out, in]."""
    return tensor.flatten(1)


def _transposed(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.T.contiguous()
