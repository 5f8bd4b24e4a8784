# SPDX-License-Identifier: GPL-3.0-or-later
"""ViBiDSampler: each step is taken from the start key and then, noised again and reversed, from the end key.

Yang et al., "ViBiDSampler: Enhancing Video Interpolation Using Bidirectional Diffusion Sampler" (ICLR 2025, arXiv
2410.05651). Nothing is trained. Going in one direction at a time keeps the latents where the network knows them; a mix
of two predictions would not. Guidance follows CFG++ (Chung et al., arXiv 2406.08070): the clean estimate is the
conditional one, the noise that stays is the unconditional one's.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .base import Denoiser, Direction, DrawNoise, OnStep, first_latents, guided, original, renoised, reversed_frames


@dataclass(frozen=True)
class SampleOptions:
    """As published. `steps` is for the denoiser's schedule; the sampler takes as many as `denoiser.sigmas` has.

    Guidance of the clean estimate goes from `guidance_min` at a direction's own key to `guidance_max` at the other.
    With 1 it is the conditional estimate itself.
    """

    steps: int = 25
    guidance_min: float = 1.0
    guidance_max: float = 1.0


OPTIONS = SampleOptions()


def sample(
    denoiser: Denoiser,
    draw_noise: DrawNoise,
    options: SampleOptions,
    on_step: OnStep,
    *,
    start: torch.Tensor,
    end: torch.Tensor,
) -> torch.Tensor:
    """Denoises to clean latents [1, F, 4, h, w]; the first frame is `start` itself.

    `start`, `end`: the keys' own latents [4, h, w], in the scale of the latents that are denoised (the encoder's mode
    times the VAE's scaling factor), as published without noise augmentation. The key replaces the last frame of each
    estimate of its direction. Raises whatever `on_step` raises, right after that step.
    """
    sigmas = denoiser.sigmas
    latents = first_latents(sigmas, draw_noise)  # [1, F, 4, h, w]
    ramp = torch.linspace(0, 1, latents.shape[1]).to(latents)  # [F]
    guidance = options.guidance_min + (options.guidance_max - options.guidance_min) * ramp

    def stepped(latents: torch.Tensor, step: int, direction: Direction, far_key: torch.Tensor) -> torch.Tensor:
        sigma = sigmas[step]
        prediction = denoiser.one(latents, step, direction)
        clean = original(latents, guided(prediction, guidance), sigma)
        clean[:, -1] = far_key
        noise = (latents - original(latents, prediction.unconditional, sigma)) / sigma
        return clean + noise * sigmas[step + 1]

    steps = len(sigmas) - 1
    for step in range(steps):
        latents = stepped(latents, step, "forward", end)
        latents = renoised(latents, sigmas[step], sigmas[step + 1], draw_noise)
        latents = reversed_frames(stepped(reversed_frames(latents), step, "backward", start))
        on_step(step + 1, steps, latents)
    return latents
