"""Generative Inbetweening: a direction trained to run backward, and steps repeated with fresh noise.

Wang et al., "Generative Inbetweening: Adapting Image-to-Video Models for Keyframe Interpolation" (ICLR 2025, arXiv
2408.15239). What makes the backward direction special lies in its denoiser, `diffusion.gi_backward_unet`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .base import Denoiser, DrawNoise, OnStep, euler, guided, original, reversed_frames


@dataclass(frozen=True)
class SampleOptions:
    """As published. `steps` is for whoever makes the denoiser: its `sigmas` say how many are walked.

    Unless `weighted`, both directions count the same in every frame, and guidance is the mean of `guidance_min` and
    `guidance_max`. If so, a direction's share falls from 1 at its own key to 0 at the other, and its guidance rises
    from `guidance_min` to `guidance_max`. Steps in the first `repeated_share` of the walk are repeated `repeats` times.
    """

    steps: int = 50
    guidance_min: float = 1.0
    guidance_max: float = 3.0
    weighted: bool = False
    repeated_share: float = 0.5
    repeats: int = 5


OPTIONS = SampleOptions()


def sample(denoiser: Denoiser, draw_noise: DrawNoise, options: SampleOptions, on_step: OnStep) -> torch.Tensor:
    """Clean latents [1, F, 4, h, w] from noise. Repetitions count as steps for `on_step`: they cost as much.

    Raises whatever `on_step` raises, right after that step.
    """
    sigmas = denoiser.sigmas
    latents = draw_noise().to(sigmas) * (sigmas[0] ** 2 + 1).sqrt()  # [1, F, 4, h, w]
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
            latents = latents + draw_noise().to(latents) * (sigma**2 - next_sigma**2).sqrt()
        forward, backward = denoiser.both(latents, step)
        v = share * guided(forward, guidance) + (1 - share) * reversed_frames(guided(backward, guidance))
        latents = euler(latents, original(latents, v, sigma), sigma, next_sigma)
        reached = step + 1
        on_step(done, len(walk), latents)
    return latents
