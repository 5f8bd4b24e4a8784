# SPDX-License-Identifier: GPL-3.0-or-later
"""What samplers share: the denoiser that they evaluate, and the formulas of one step.

Latents are float32 [1, F, 4, h, w], one for each frame, in the order start → end unless a name says `backward`.
`sigmas` [N + 1] fall to 0. The network predicts v (Karras et al. 2022, preconditioned as in Stable Video Diffusion).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

Direction = Literal["forward", "backward"]
DrawNoise = Callable[[], torch.Tensor]  # unit noise in the latents' shape, the same on every device
# Called after each step with the steps done, the number of steps and the latents; may raise Cancelled.
OnStep = Callable[[int, int, torch.Tensor], None]


@dataclass(frozen=True)
class Prediction:
    """v of both guidance halves, [1, F, 4, h, w] each, in the frame order of the direction that was evaluated."""

    conditional: torch.Tensor
    unconditional: torch.Tensor


class Denoiser(Protocol):
    """The network between two keys. Forward begins with the start key, backward with the end key."""

    sigmas: torch.Tensor

    def one(self, latents: torch.Tensor, step: int, direction: Direction) -> Prediction:
        """Evaluates one direction at `sigmas[step]`; latents and prediction are in that direction's frame order."""
        ...

    def both(self, latents: torch.Tensor, step: int) -> tuple[Prediction, Prediction]:
        """Evaluates both directions for latents in forward order; each prediction is in its own frame order."""
        ...


def first_latents(sigmas: torch.Tensor, draw_noise: DrawNoise) -> torch.Tensor:
    """Draws the latents [1, F, 4, h, w] that denoising begins with: noise at `sigmas[0]`."""
    return draw_noise().to(sigmas) * (sigmas[0] ** 2 + 1).sqrt()


def renoised(
    latents: torch.Tensor, sigma: torch.Tensor, next_sigma: torch.Tensor, draw_noise: DrawNoise
) -> torch.Tensor:
    """Adds the noise that leads from `next_sigma` back to `sigma`."""
    return latents + draw_noise().to(latents) * (sigma**2 - next_sigma**2).sqrt()


def reversed_frames(latents: torch.Tensor) -> torch.Tensor:
    """Reverses the order of frames."""
    return latents.flip(1)


def guided(prediction: Prediction, scale: torch.Tensor | float) -> torch.Tensor:
    """Applies classifier-free guidance; `scale` is a number, or one for each frame, [F]."""
    if isinstance(scale, torch.Tensor):
        scale = scale.to(prediction.conditional).view(1, -1, 1, 1, 1)
    return prediction.unconditional + scale * (prediction.conditional - prediction.unconditional)


def original(latents: torch.Tensor, v: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Returns the clean latents that the prediction `v` means at `sigma`."""
    return latents / (sigma**2 + 1) - v * (sigma / (sigma**2 + 1).sqrt())


def euler(latents: torch.Tensor, clean: torch.Tensor, sigma: torch.Tensor, next_sigma: torch.Tensor) -> torch.Tensor:
    """Takes one Euler step from `sigma` to `next_sigma` towards `clean`."""
    return latents + (latents - clean) / sigma * (next_sigma - sigma)
