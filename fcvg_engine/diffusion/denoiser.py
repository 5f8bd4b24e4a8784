# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates the UNet for samplers: forward and backward in time, conditional and unconditional.

The four evaluations of a step do not depend on each other. `MemoryPlan.branches` says how many run as one batch; the
results are the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from diffusers import EulerDiscreteScheduler

from ..core.pictures import finite
from ..nets.controlnext import ControlNeXt, Injection, normalised
from ..shared.protocol import SamplingSettings
from . import gi_backward_unet
from .encode import Encoded
from .memory import MemoryPlan
from .networks import Models
from .samplers.base import Direction, Prediction, reversed_frames

_CONDITIONS_AT_ONCE = 5  # frames that ControlNeXt works on; at full size each needs 0.1 GB in half precision

Branch = tuple[Direction, int]  # the int is 0 for the unconditional half of guidance, 1 for the conditional one
Latents = dict[Direction, torch.Tensor]


class SvdDenoiser:
    """A `samplers.base.Denoiser` of Stable Video Diffusion.

    `conditions` [F, 3, H, W] in [0, 1] stand in order from start to end. Without them, or with models that have no
    ControlNeXt, this is plain Stable Video Diffusion. `steps` is the length of the schedule. `sigmas` are float32 on
    the models' device, where the latents may lie too. `one` and `both` raise NumericError naming the step.
    """

    def __init__(
        self,
        models: Models,
        encoded: Encoded,
        conditions: torch.Tensor | None,
        settings: SamplingSettings,
        steps: int,
        plan: MemoryPlan,
        frames: int,
    ) -> None:
        scheduler = EulerDiscreteScheduler.from_config(models.scheduler_config)
        scheduler.set_timesteps(steps)
        self.sigmas: torch.Tensor = scheduler.sigmas.to(models.device, torch.float32)
        self.timesteps: torch.Tensor = scheduler.timesteps.to(models.device, torch.float32)
        self._models, self._plan, self._frames, self._steps = models, plan, frames, steps
        self._weight = settings.control_weight
        self._keys: Latents = {"forward": encoded.latents_start, "backward": encoded.latents_end}
        self._embeddings: Latents = {"forward": encoded.embeddings_start, "backward": encoded.embeddings_end}
        # Stable Video Diffusion was trained with one less than the rate.
        time_ids = (settings.fps - 1, settings.motion_bucket, settings.noise_augmentation)
        self._time_ids = torch.tensor([time_ids], dtype=torch.float32, device=models.device)
        self._guided_steps = plan.late_guidance * steps
        self._control = None
        if conditions is not None and models.controlnext is not None and self._weight:
            self._control = _Control(models.controlnext, conditions.to(models.device, models.dtype), plan)
        unets = models.unet, models.backward_unet or models.unet
        for unet in set(unets):
            _chunk_feed_forward(unet, plan.forward_chunk, frames)
        if plan.compiled:
            unets = torch.compile(unets[0]), torch.compile(unets[1])
        self._unets: dict[Direction, Any] = {"forward": unets[0], "backward": unets[1]}

    def one(self, latents: torch.Tensor, step: int, direction: Direction) -> Prediction:
        """See `samplers.base.Denoiser`."""
        return self._predictions({direction: latents}, step)[direction]

    def both(self, latents: torch.Tensor, step: int) -> tuple[Prediction, Prediction]:
        """See `samplers.base.Denoiser`."""
        found = self._predictions({"forward": latents, "backward": reversed_frames(latents)}, step)
        return found["forward"], found["backward"]

    @torch.no_grad()
    def _predictions(self, latents: Latents, step: int) -> dict[Direction, Prediction]:
        models = self._models
        models.place(models.unet, models.backward_unet, models.controlnext, offload=self._plan.offload)
        halves = (0, 1) if step < self._guided_steps else (1,)
        answers: dict[Branch, torch.Tensor] = {}
        with self._linked(len(latents) == 2):
            for batch in self._batches(list(latents), halves):
                answers |= zip(batch, self._evaluated(batch, latents, step), strict=True)
        return {each: Prediction(answers[each, 1], answers[each, halves[0]]) for each in latents}

    def _batches(self, directions: list[Direction], halves: tuple[int, ...]) -> Iterator[list[Branch]]:
        """Yields the branches in batches as large as the plan allows.

        Where each direction has a UNet of its own, a forward batch comes right before the backward one of the same
        halves, which takes over its attention.
        """
        most = max(1, self._plan.branches)
        branches: list[Branch] = [(direction, half) for direction in directions for half in halves]
        if self._models.backward_unet is not None:
            most = min(most, len(halves))
            branches = [
                (direction, half)
                for first in range(0, len(halves), most)
                for direction in directions
                for half in halves[first : first + most]
            ]
        for first in range(0, len(branches), most):
            yield branches[first : first + most]

    def _evaluated(self, batch: list[Branch], latents: Latents, step: int) -> torch.Tensor:
        """v [B, F, 4, h, w] of the branches in `batch`, float32, on the latents' device."""
        dtype, scale = self._models.dtype, (self.sigmas[step] ** 2 + 1).sqrt()
        samples = []
        for direction, half in batch:
            noisy = latents[direction].to(scale) / scale  # [1, F, 4, h, w]
            key = self._keys[direction][half].expand_as(noisy)
            samples.append(torch.cat((noisy, key), dim=2))
        sample = torch.cat(samples).to(dtype)  # [B, F, 8, h, w]
        embeddings = torch.stack([self._embeddings[direction][half] for direction, half in batch]).to(dtype)
        time_ids = self._time_ids.expand(len(batch), -1)
        with self._injecting(batch, step, sample.shape[-2:]):
            unet = self._unets[batch[0][0]]
            v = unet(sample, self.timesteps[step], embeddings, added_time_ids=time_ids, return_dict=False)[0]
        finite(v, f"denoising, step {step + 1} of {self._steps}")
        return v.to(latents[batch[0][0]])  # type: ignore[no-any-return]

    def _linked(self, both: bool) -> contextlib.AbstractContextManager[None]:
        models = self._models
        if models.backward_unet is None or not both:
            return contextlib.nullcontext()
        return gi_backward_unet.linked(models.unet, models.backward_unet)

    @contextlib.contextmanager
    def _injecting(self, batch: list[Branch], step: int, size: torch.Size) -> Iterator[None]:
        """In the block, the UNet adds ControlNeXt's features in conditional branches."""
        if self._control is None:
            yield
            return
        features = self._control.features(step, self.timesteps[step], size)
        ordered = {"forward": features, "backward": features.flip(0)}
        injection = Injection.into(self._models.unet)
        injection.features = [ordered[direction] if half else None for direction, half in batch]
        injection.weight = self._weight
        try:
            yield
        finally:
            injection.features = ()


class _Control:
    """ControlNeXt's features. They depend on neither latents nor keys, so all branches of a step share them."""

    def __init__(self, net: ControlNeXt, conditions: torch.Tensor, plan: MemoryPlan) -> None:
        self._net = net.to(conditions.device)
        self._seen = list(torch.split(conditions, _CONDITIONS_AT_ONCE))
        self._embedded = not plan.offload  # 0.9 GB in half precision at full size
        if self._embedded:
            with torch.no_grad():
                self._seen = [self._net.embed(chunk) for chunk in self._seen]
        self._step, self._features = -1, conditions

    def features(self, step: int, timestep: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Normalised features [F, 320, h / 2, w / 2] from start to end, for latents of `size` (h, w)."""
        if step != self._step:
            chunks = (chunk if self._embedded else self._net.embed(chunk) for chunk in self._seen)
            half = size[0] // 2, size[1] // 2
            self._features = torch.cat([normalised(self._net(chunk, timestep), half) for chunk in chunks])
            self._step = step
        return self._features


def _chunk_feed_forward(unet: Any, chunk: int, frames: int) -> None:
    """Makes feed-forward layers work on at most `chunk` frames at a time (a divisor of `frames`); 0 for all at once."""
    size = next(size for size in range(min(chunk, frames), 0, -1) if frames % size == 0) if chunk else None
    for module in unet.modules():
        if hasattr(module, "set_chunk_feed_forward"):
            module.set_chunk_feed_forward(size, dim=0)
