"""What samplers share: the denoiser they ask, and the formulas of one step.

Latents are float32 [1, F, 4, h, w], one a frame, in the key order start → end unless a name says `backward`. `sigmas`
[N + 1] fall to 0. The network predicts v (Karras et al. 2022, preconditioned as in Stable Video Diffusion).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

Direction = Literal["forward", "backward"]
DrawNoise = Callable[[], torch.Tensor]  # unit noise in the latents' shape, the same on every device
# Called after each step with the steps done, their number and the latents; may raise Cancelled.
OnStep = Callable[[int, int, torch.Tensor], None]


@dataclass(frozen=True)
class Prediction:
    """v for both guidance halves, [1, F, 4, h, w] each, in the frame order of the direction that was asked."""

    conditional: torch.Tensor
    unconditional: torch.Tensor


class Denoiser(Protocol):
    """The network between two keys. Forward sees the start key first; backward sees the end key first."""

    sigmas: torch.Tensor

    def one(self, latents: torch.Tensor, step: int, direction: Direction) -> Prediction:
        """The prediction at `sigmas[step]` for latents in that direction's own frame order."""
        ...

    def both(self, latents: torch.Tensor, step: int) -> tuple[Prediction, Prediction]:
        """Forward and backward predictions for latents in forward order; each in its own frame order."""
        ...


def reversed_frames(latents: torch.Tensor) -> torch.Tensor:
    """The same with time running the other way."""
    return latents.flip(1)


def guided(prediction: Prediction, scale: torch.Tensor | float) -> torch.Tensor:
    """Classifier-free guidance; `scale` a number or one a frame, [F]."""
    if isinstance(scale, torch.Tensor):
        scale = scale.to(prediction.conditional).view(1, -1, 1, 1, 1)
    return prediction.unconditional + scale * (prediction.conditional - prediction.unconditional)


def original(latents: torch.Tensor, v: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The clean latents that `v` means at `sigma`."""
    return latents / (sigma**2 + 1) - v * (sigma / (sigma**2 + 1).sqrt())


def euler(latents: torch.Tensor, clean: torch.Tensor, sigma: torch.Tensor, next_sigma: torch.Tensor) -> torch.Tensor:
    """One Euler step from `sigma` to `next_sigma` towards `clean`."""
    return latents + (latents - clean) / sigma * (next_sigma - sigma)
