# SPDX-License-Identifier: GPL-3.0-or-later
"""Time Reversal Fusion: two directions of the same network, blended by nearness to their keys.

Feng et al., "Explorative Inbetweening of Time and Space" (ECCV 2024, arXiv 2403.14611). Nothing is trained. Each step
is taken once from the start and once from the end. The share of a direction falls from 1 at its own key to 0 at the
other. Early on, noise is added again and some steps are repeated, which smooths the seam.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .base import (
    Denoiser,
    DrawNoise,
    OnStep,
    Prediction,
    euler,
    first_latents,
    guided,
    original,
    renoised,
    reversed_frames,
)


@dataclass(frozen=True)
class SampleOptions:
    """As published. `steps` is for the denoiser's schedule; the sampler takes as many as `denoiser.sigmas` has.

    Guidance rises from `guidance_min` at a direction's own key to `guidance_max` at the other. After the first
    `reinject_after` steps, noise leads back over `reinject_steps` of them, which are repeated; `reinjections` times.
    """

    steps: int = 50
    guidance_min: float = 1.0
    guidance_max: float = 3.0
    reinject_after: int = 10
    reinject_steps: int = 5
    reinjections: int = 1


OPTIONS = SampleOptions()


def _schedule(steps: int, options: SampleOptions) -> list[int]:
    """The steps in the order in which they are taken. Where a step is not the next one, noise leads back to it.

    Schedules shorter than `reinject_after` repeat nothing.
    """
    turn = min(options.reinject_after, steps)
    again = list(range(max(0, turn - options.reinject_steps), turn)) if turn == options.reinject_after else []
    return [*range(turn), *again * options.reinjections, *range(turn, steps)]


def sample(denoiser: Denoiser, draw_noise: DrawNoise, options: SampleOptions, on_step: OnStep) -> torch.Tensor:
    """Denoises to clean latents [1, F, 4, h, w]. For `on_step` a repeated step is a step too: it costs as much.

    Raises whatever `on_step` raises, right after that step.
    """
    sigmas = denoiser.sigmas
    latents = first_latents(sigmas, draw_noise)  # [1, F, 4, h, w]
    ramp = torch.linspace(0, 1, latents.shape[1]).to(latents)  # [F]
    guidance = options.guidance_min + (options.guidance_max - options.guidance_min) * ramp
    share = (1 - ramp).view(1, -1, 1, 1, 1)

    def stepped(latents: torch.Tensor, prediction: Prediction, step: int) -> torch.Tensor:
        clean = original(latents, guided(prediction, guidance), sigmas[step])
        return euler(latents, clean, sigmas[step], sigmas[step + 1])

    walk = _schedule(len(sigmas) - 1, options)
    reached = 0
    for done, step in enumerate(walk, 1):
        for undone in range(reached - 1, step - 1, -1):
            latents = renoised(latents, sigmas[undone], sigmas[undone + 1], draw_noise)
        forward, backward = denoiser.both(latents, step)
        from_start = stepped(latents, forward, step)
        from_end = reversed_frames(stepped(reversed_frames(latents), backward, step))
        latents = share * from_start + (1 - share) * from_end
        reached = step + 1
        on_step(done, len(walk), latents)
    return latents
