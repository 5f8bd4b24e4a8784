# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeats a stage with less memory when it ran out. The picture stays the one that was asked for."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

from ..core import pictures
from ..shared.errors import OutOfMemory
from . import memory
from .memory import MemoryPlan
from .samplers.base import Denoiser, Direction, Prediction, original, reversed_frames

T = TypeVar("T")


class Ladder:
    """Runs stages of a generation under `plan`, and replaces it by an easier one whenever memory runs out.

    `note` is called each time with a sentence for the artist.
    """

    def __init__(self, plan: MemoryPlan, device: torch.device, note: Callable[[str], None]) -> None:
        self.plan, self._device, self._note = plan, device, note

    def run(self, stage: str, work: Callable[[MemoryPlan], T]) -> T:
        """Returns what `work` returns under the first plan that fits. `stage` is one of memory.STAGES.

        Raises OutOfMemory when even the easiest plan does not fit.
        """
        while True:
            try:
                with pictures.explained_memory():
                    return work(self.plan)
            except OutOfMemory as error:
                step = memory.easier(self.plan, stage, on_gpu=self._device.type != "cpu")
                if step is None:
                    raise OutOfMemory(
                        f"There is not enough memory even for the easiest way of {stage}.",
                        "Close other programs, choose a smaller working size, or use the method RIFE.",
                    ) from error
            # Out of the `except` block, since the error's traceback holds the tensors that are to be freed.
            self.plan, change = step
            gc.collect()
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            self._note(f"Memory ran out while {stage}; it went on with {change}.")


class SteadyDenoiser:
    """A samplers.base.Denoiser that repeats an evaluation with less memory when memory ran out. No step is lost.

    `make` builds the denoiser for a plan. `clean` is the latest estimate of the clean latents, [1, F, 4, h, w] from
    start to end; None before the first evaluation.
    """

    def __init__(self, ladder: Ladder, make: Callable[[MemoryPlan], Denoiser]) -> None:
        self._ladder, self._make = ladder, make
        self._made: tuple[MemoryPlan, Denoiser] | None = None
        self.clean: torch.Tensor | None = None
        self.sigmas = self._ask(lambda denoiser: denoiser.sigmas)

    def one(self, latents: torch.Tensor, step: int, direction: Direction) -> Prediction:
        """See samplers.base.Denoiser."""
        prediction = self._ask(lambda denoiser: denoiser.one(latents, step, direction))
        clean = original(latents, prediction.conditional, self.sigmas[step])
        self.clean = clean if direction == "forward" else reversed_frames(clean)
        return prediction

    def both(self, latents: torch.Tensor, step: int) -> tuple[Prediction, Prediction]:
        """See samplers.base.Denoiser."""
        predictions = self._ask(lambda denoiser: denoiser.both(latents, step))
        forward, backward = (
            original(each, prediction.conditional, self.sigmas[step])
            for each, prediction in zip((latents, reversed_frames(latents)), predictions, strict=True)
        )
        self.clean = (forward + reversed_frames(backward)) / 2
        return predictions

    def _ask(self, question: Callable[[Denoiser], T]) -> T:
        def work(plan: MemoryPlan) -> T:
            if self._made is None or self._made[0] != plan:
                self._made = None  # frees the old one's memory before the new one needs it
                self._made = plan, self._make(plan)
            return question(self._made[1])

        return self._ladder.run("denoising", work)
