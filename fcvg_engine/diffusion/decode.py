# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes latents into pictures, as many at a time as memory allows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from diffusers import AutoencoderKLTemporalDecoder

from ..core.pictures import finite
from .memory import MemoryPlan
from .networks import Models

# In latent pixels, eight picture pixels each.
_TILE = 48
_OVERLAP = 16
_SCALE = 8

OnFrames = Callable[[int, int], None]  # frames decoded, and of how many; may raise Cancelled


def _ignore(done: int, frames: int) -> None:
    """For callers that do not ask how far decoding is."""


@torch.no_grad()
def decode(models: Models, latents: torch.Tensor, plan: MemoryPlan, on_frames: OnFrames = _ignore) -> torch.Tensor:
    """Decodes latents [1, F, 4, h, w] → float32 [F, 3, 8h, 8w] on the CPU, in about [-1, 1].

    The decoder also sees neighbouring frames, but only those in the same chunk of `plan.decode_chunk`: chunks of
    another size give slightly different pictures. Raises NumericError when numbers are invalid, and whatever
    `on_frames` raises.
    """
    models.place(models.vae, offload=plan.offload)
    scaled = latents[0] / models.vae.config.scaling_factor  # [F, 4, h, w]
    frames = []
    for first in range(0, len(scaled), plan.decode_chunk):
        chunk = scaled[first : first + plan.decode_chunk].to(models.device)
        frames.append((_tiled if plan.tiled else _decoded)(models.vae, chunk).cpu())
        on_frames(min(first + plan.decode_chunk, len(scaled)), len(scaled))
    return torch.cat(frames)


def _decoded(vae: AutoencoderKLTemporalDecoder, latents: torch.Tensor) -> torch.Tensor:
    """[F, 4, h, w] → float32 [F, 3, 8h, 8w], decoded together."""
    dtype = vae.decoder.conv_in.weight.dtype
    frames = vae.decode(latents.to(dtype), num_frames=len(latents)).sample.float()
    if dtype == torch.float16 and not torch.isfinite(frames).all():
        vae.decoder.float()  # bright latents leave half precision's range; from here on all is decoded in float32
        return _decoded(vae, latents)
    return finite(frames, "decoding the frames")


def _tiled(vae: AutoencoderKLTemporalDecoder, latents: torch.Tensor) -> torch.Tensor:
    """Decodes like `_decoded`, but in overlapping tiles that are blended. Attention ends at a tile's border."""
    height, width = latents.shape[-2:]
    tops, lefts = _starts(height), _starts(width)
    total = latents.new_zeros((len(latents), 3, height * _SCALE, width * _SCALE), dtype=torch.float32)
    shares = total.new_zeros(total.shape[-2:])
    for top in tops:
        for left in lefts:
            tile = _decoded(vae, latents[:, :, top : top + _TILE, left : left + _TILE])
            share = _ramp(tile.shape[-2], total)[:, None] * _ramp(tile.shape[-1], total)
            rows = slice(top * _SCALE, top * _SCALE + tile.shape[-2])
            columns = slice(left * _SCALE, left * _SCALE + tile.shape[-1])
            total[:, :, rows, columns] += tile * share
            shares[rows, columns] += share
    return total / shares


def _starts(length: int) -> list[int]:
    """Where tiles begin, in latent pixels; the last tile ends with the picture."""
    last = max(0, length - _TILE)
    return [*range(0, last, _TILE - _OVERLAP), last]


def _ramp(length: int, like: torch.Tensor) -> torch.Tensor:
    """How much each pixel row of a tile counts, [length]: less towards the borders, where tiles overlap."""
    places = torch.arange(length, device=like.device, dtype=like.dtype) + 0.5
    return torch.minimum(places, length - places).clamp(max=_OVERLAP * _SCALE)
