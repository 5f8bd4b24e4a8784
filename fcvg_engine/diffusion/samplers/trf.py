"""Time Reversal Fusion: two directions of the same network, blended by nearness to their key.

Feng et al., "Explorative Inbetweening of Time and Space" (ECCV 2024, arXiv 2403.14611). Nothing is trained. Each step
is taken once from the start and once from the end; a frame's share of a direction falls from 1 at its key to 0 at the
other. Early on, noise is put back and some steps are walked again, which smooths the seam.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .base import Denoiser, DrawNoise, OnStep, Prediction, euler, guided, original, reversed_frames


@dataclass(frozen=True)
class SampleOptions:
    """As published. `steps` is for whoever makes the denoiser: its `sigmas` say how many are walked.

    Guidance rises from `guidance_min` at a direction's own key to `guidance_max` at the other. After the first
    `reinject_after` steps, noise leads back over `reinject_steps` of them, which are walked again; so `reinjections`
    times.
    """

    steps: int = 50
    guidance_min: float = 1.0
    guidance_max: float = 3.0
    reinject_after: int = 10
    reinject_steps: int = 5
    reinjections: int = 1


OPTIONS = SampleOptions()


def _schedule(steps: int, options: SampleOptions) -> list[int]:
    """The steps in the order they are walked; where one does not follow the last, noise leads back to it.

    Walks shorter than `reinject_after` never turn back.
    """
    turn = min(options.reinject_after, steps)
    again = list(range(max(0, turn - options.reinject_steps), turn)) if turn == options.reinject_after else []
    return [*range(turn), *again * options.reinjections, *range(turn, steps)]


def sample(denoiser: Denoiser, draw_noise: DrawNoise, options: SampleOptions, on_step: OnStep) -> torch.Tensor:
    """Clean latents [1, F, 4, h, w] from noise. Steps walked again count for `on_step`: they cost as much.

    Raises whatever `on_step` raises, right after that step.
    """
    sigmas = denoiser.sigmas
    latents = draw_noise().to(sigmas) * (sigmas[0] ** 2 + 1).sqrt()  # [1, F, 4, h, w]
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
            amount = (sigmas[undone] ** 2 - sigmas[undone + 1] ** 2).sqrt()
            latents = latents + draw_noise().to(latents) * amount
        forward, backward = denoiser.both(latents, step)
        from_start = stepped(latents, forward, step)
        from_end = reversed_frames(stepped(reversed_frames(latents), backward, step))
        latents = share * from_start + (1 - share) * from_end
        reached = step + 1
        on_step(done, len(walk), latents)
    return latents
