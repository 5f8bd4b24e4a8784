# SPDX-License-Identifier: GPL-3.0-or-later
"""Encodes the keys for the UNet: an embedding of their content by CLIP, and their latents by the VAE."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ..shared.protocol import SamplingSettings
from .memory import MemoryPlan
from .networks import Models

# What CLIP was trained with.
_SIDE = 224
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Encoded:
    """Both keys, float32 on the models' device.

    Embeddings [2, 1, D] and latents [2, 4, h, w]: first the unconditional half of guidance, which is zero, then the
    conditional one. h and w are an eighth of the picture's. Latents are not scaled by the VAE's factor.
    """

    embeddings_start: torch.Tensor
    embeddings_end: torch.Tensor
    latents_start: torch.Tensor
    latents_end: torch.Tensor


@torch.no_grad()
def encode(
    models: Models,
    start: torch.Tensor,
    end: torch.Tensor,
    settings: SamplingSettings,
    augmentation_noise: torch.Tensor,
    plan: MemoryPlan,
) -> Encoded:
    """Encodes the keys `start` and `end`, [3, H, W] in [0, 1], whose sides are multiples of 64.

    `augmentation_noise` [1, 3, H, W] is unit noise. Both keys get the same, times `settings.noise_augmentation`.
    """
    keys = torch.stack((start, end)).to(models.device, torch.float32) * 2 - 1  # [2, 3, H, W] in [-1, 1]
    models.place(models.image_encoder, offload=plan.offload)
    embeddings = models.image_encoder(_for_clip(keys).to(models.dtype)).image_embeds.float()[:, None]  # [2, 1, D]
    models.place(models.vae, offload=plan.offload)
    keys = keys + settings.noise_augmentation * augmentation_noise.to(keys)
    # One by one, for half the memory.
    latents = [models.vae.encode(key[None]).latent_dist.mode()[0] for key in keys]
    return Encoded(*(_with_unconditional(each) for each in (*embeddings, *latents)))


def _with_unconditional(values: torch.Tensor) -> torch.Tensor:
    return torch.stack((torch.zeros_like(values), values))


def _for_clip(pictures: torch.Tensor) -> torch.Tensor:
    """[2, 3, H, W] in [-1, 1] → [2, 3, 224, 224] as CLIP was trained to see them."""
    mean, deviation = (pictures.new_tensor(each).view(3, 1, 1) for each in (_MEAN, _DEVIATION))
    for side in (-2, -1):
        pictures = _blurred(pictures, side, (pictures.shape[side] / _SIDE - 1) / 2)
    pictures = F.interpolate(pictures, (_SIDE, _SIDE), mode="bicubic", align_corners=True)
    return ((pictures + 1) / 2 - mean) / deviation


def _blurred(pictures: torch.Tensor, side: int, deviation: float) -> torch.Tensor:
    """Blurs along `side` (-2 or -1) with a Gaussian over two deviations and mirrored borders; little for small
    pictures.

    SVD was trained with embeddings that were made with this window. PIL's and torch's own antialiasing have another.
    """
    deviation = max(deviation, 0.001)
    window = max(int(4 * deviation), 3)
    reach = window // 2  # even windows are made odd by one
    places = torch.arange(-reach, reach + 1, dtype=pictures.dtype, device=pictures.device)
    kernel = torch.exp(-(places**2) / (2 * deviation**2))
    kernel = (kernel / kernel.sum()).view((1, 1, -1, 1) if side == -2 else (1, 1, 1, -1)).expand(3, -1, -1, -1)
    padding = (0, 0, reach, reach) if side == -2 else (reach, reach, 0, 0)
    return F.conv2d(F.pad(pictures, padding, mode="reflect"), kernel, groups=3)
