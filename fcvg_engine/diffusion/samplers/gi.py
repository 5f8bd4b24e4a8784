# SPDX-License-Identifier: GPL-3.0-or-later
"""Generative Inbetweening: a network that was trained to go backward, and steps repeated with fresh noise.

Wang et al., "Generative Inbetweening: Adapting Image-to-Video Models for Keyframe Interpolation" (ICLR 2025, arXiv
2408.15239). The backward network is the denoiser's business, see `diffusion.gi_backward_unet`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .base import Denoiser, DrawNoise, OnStep, euler, first_latents, guided, original, renoised, reversed_frames


@dataclass(frozen=True)
class SampleOptions:
    """As published. `steps` is for the denoiser's schedule; the sampler takes as many as `denoiser.sigmas` has.

    Without `weighted`, both directions count the same in every frame, and guidance is the mean of `guidance_min` and
    `guidance_max`. With it, a direction's share falls from 1 at its own key to 0 at the other, and its guidance rises
    from `guidance_min` to `guidance_max`. The first `repeated_share` of the steps is repeated `repeats` times.
    """

    steps: int = 50
    guidance_min: float = 1.0
    guidance_max: float = 3.0
    weighted: bool = False
    repeated_share: float = 0.5
    repeats: int = 5


OPTIONS = SampleOptions()


def sample(denoiser: Denoiser, draw_noise: DrawNoise, options: SampleOptions, on_step: OnStep) -> torch.Tensor:
    """Denoises to clean latents [1, F, 4, h, w]. For `on_step` a repetition is a step too: it costs as much.

    Raises whatever `on_step` raises, right after that step.
    """
    sigmas = denoiser.sigmas
    latents = first_latents(sigmas, draw_noise)  # [1, F, 4, h, w]
    ramp = torch.linspace(0, 1, latents.shape[1]).to(latents)  # [F]
    if not options.weighted:
        ramp.fill_(0.5)
    guidance = options.guidance_min + (options.guidance_max - options.guidance_min) * ramp
    share = (1 - ramp).view(1, -1, 1, 1, 1)

    steps = len(sigmas) - 1
    repeated = int(steps * options.repeated_share)
    walk = [step for step in range(steps) for _ in range(1 + options.repeats * (step < repeated))]
    reached = 0
    for done, step in enumerate(walk, 1):
        sigma, next_sigma = sigmas[step], sigmas[step + 1]
        if step < reached:
            latents = renoised(latents, sigma, next_sigma, draw_noise)
        forward, backward = denoiser.both(latents, step)
        v = share * guided(forward, guidance) + (1 - share) * reversed_frames(guided(backward, guidance))
        latents = euler(latents, original(latents, v, sigma), sigma, next_sigma)
        reached = step + 1
        on_step(done, len(walk), latents)
    return latents
