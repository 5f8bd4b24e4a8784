# SPDX-License-Identifier: GPL-3.0-or-later
"""FCVG: both directions get the same frame-wise conditions, and their predictions are fused before each step.

Zhu et al., "Generative Inbetweening through Frame-wise Conditions-Driven Video Generation" (CVPR 2025, arXiv
2412.11755). The share of a direction falls from 1 at its own key to 0 at the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .base import Denoiser, DrawNoise, OnStep, euler, first_latents, guided, original, reversed_frames


@dataclass(frozen=True)
class SampleOptions:
    """As published. `steps` is for the denoiser's schedule; the sampler takes as many as `denoiser.sigmas` has.

    Guidance rises from `guidance_min` at a direction's own key to `guidance_max` at the other.
    """

    steps: int = 25
    guidance_min: float = 3.0
    guidance_max: float = 3.0


OPTIONS = SampleOptions()


def fused(denoiser: Denoiser, latents: torch.Tensor, step: int, options: SampleOptions) -> torch.Tensor:
    """Returns the guided v [1, F, 4, h, w] of both directions, mixed by nearness to their keys, in forward order."""
    frames = latents.shape[1]
    guidance = torch.linspace(options.guidance_min, options.guidance_max, frames)
    share = torch.linspace(1, 0, frames).to(latents).view(1, -1, 1, 1, 1)
    forward, backward = denoiser.both(latents, step)
    return share * guided(forward, guidance) + (1 - share) * reversed_frames(guided(backward, guidance))


def sample(denoiser: Denoiser, draw_noise: DrawNoise, options: SampleOptions, on_step: OnStep) -> torch.Tensor:
    """Denoises to clean latents [1, F, 4, h, w]. Raises whatever `on_step` raises, right after that step."""
    sigmas = denoiser.sigmas
    latents = first_latents(sigmas, draw_noise)
    for step in range(len(sigmas) - 1):
        v = fused(denoiser, latents, step, options)
        latents = euler(latents, original(latents, v, sigmas[step]), sigmas[step], sigmas[step + 1])
        on_step(step + 1, len(sigmas) - 1, latents)
    return latents
