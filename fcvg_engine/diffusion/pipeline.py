# SPDX-License-Identifier: GPL-3.0-or-later
"""From two keys at working size to native frames: load, match, encode, denoise, decode."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..core import pictures
from ..core.method_contract import Options, ReportProgress, sub_progress
from ..models import discovery, usage
from ..shared.methods import METHODS
from ..shared.protocol import SamplingSettings
from . import colour, native_frames
from .memory import FRAMES, MemoryPlan
from .memory_fallback import Ladder, SteadyDenoiser
from .progress import Progress

if TYPE_CHECKING:
    from .encode import Encoded
    from .networks import Models
    from .samplers.base import Denoiser

# How far the generation has come at the end of each stage; decoding takes the rest.
_LOADED, _CONDITIONED, _ENCODED, _DENOISED = 0.05, 0.1, 0.12, 0.9


def generated(
    start: torch.Tensor,
    end: torch.Tensor,
    method: str,
    sampler: ModuleType,
    found: discovery.Found,
    plan: MemoryPlan,
    options: Options,
    report: ReportProgress,
) -> torch.Tensor:
    """Generates native frames [25, 3, h, w] in [0, 1] of keys [3, h, w] in [0, 1], rounded as they are kept on disk.

    `found`: where the method's models lie. `plan`: how to use memory at first. Raises what `generate.natives` raises.
    """
    # Imported here, since it needs diffusers and transformers: `discovery.lacking` has said in words if they are
    # missing.
    from . import networks

    traits = METHODS[method]
    with pictures.explained_memory():
        models = networks.load(found, method, options.device, options.dtype, sub_progress(report, 0.0, _LOADED))
    conditions = None
    if traits.conditioned:
        conditions = _conditions(start, end, options, sub_progress(report, _LOADED, _CONDITIONED))
    stages = _Stages(models, start, end, options, Ladder(plan, options.device, options.note), _noise(options.seed))
    try:
        latents = stages.latents(sampler, traits.key_latents, conditions, report)
        frames = stages.frames(latents, report)
    finally:
        models.place(offload=True)  # between jobs the GPU is Blender's
    if not options.as_published:
        frames = colour.matched(frames, start, end)
    return native_frames.rounded(frames)


@dataclass(frozen=True)
class _Stages:
    """The stages of one generation. Each runs on `ladder`, so it goes on with less memory where memory runs out.

    `start`, `end`: the keys [3, h, w]. `draw_noise`: returns unit noise of a shape.
    """

    models: Models
    start: torch.Tensor
    end: torch.Tensor
    options: Options
    ladder: Ladder
    draw_noise: Callable[..., torch.Tensor]

    def latents(
        self, sampler: ModuleType, key_latents: bool, conditions: torch.Tensor | None, report: ReportProgress
    ) -> torch.Tensor:
        """Encodes the keys and denoises: clean latents [1, 25, 4, h / 8, w / 8]."""
        from . import denoiser

        settings, (height, width) = self.options.sampling, self.start.shape[-2:]
        augmentation = self.draw_noise(1, 3, height, width)
        report("Encoding the keys", _CONDITIONED)
        encoded = self._encoded(settings, augmentation)
        keys = self._key_latents(augmentation) if key_latents else {}
        sampling = _sampling(sampler, settings)

        def make(plan: MemoryPlan) -> Denoiser:
            return denoiser.SvdDenoiser(self.models, encoded, conditions, settings, sampling.steps, plan, FRAMES)

        steady = SteadyDenoiser(self.ladder, make)
        progress = Progress(steady, self.options, sub_progress(report, _ENCODED, _DENOISED))
        draw_latents = functools.partial(self.draw_noise, 1, FRAMES, 4, height // 8, width // 8)
        with progress.within_steps(self.models):
            latents: torch.Tensor = sampler.sample(steady, draw_latents, sampling, progress.on_step, **keys)
        return latents

    def frames(self, latents: torch.Tensor, report: ReportProgress) -> torch.Tensor:
        """Decodes `latents`: float32 [25, 3, h, w] on the CPU, in about [0, 1]."""
        from . import decode

        def on_frames(done: int, frames: int) -> None:
            report("Decoding the frames", _DENOISED + (1 - _DENOISED) * done / frames)

        decoded = self.ladder.run("decoding", lambda plan: decode.decode(self.models, latents, plan, on_frames))
        return decoded / 2 + 0.5

    def _encoded(self, settings: SamplingSettings, augmentation: torch.Tensor) -> Encoded:
        """What the networks know of the keys; `augmentation` [1, 3, h, w] is unit noise."""
        from . import encode

        work = functools.partial(encode.encode, self.models, self.start, self.end, settings, augmentation)
        return self.ladder.run("encoding", work)

    def _key_latents(self, augmentation: torch.Tensor) -> dict[str, torch.Tensor]:
        """Both keys' latents [4, h / 8, w / 8] for a sampler that puts them into the frames: without noise, scaled."""
        clean = self._encoded(replace(self.options.sampling, noise_augmentation=0.0), augmentation)
        scale = self.models.vae.config.scaling_factor
        return {"start": clean.latents_start[1] * scale, "end": clean.latents_end[1] * scale}


def _sampling(sampler: ModuleType, settings: SamplingSettings) -> Any:
    """The sampler's published options, except what the artist has set."""
    wishes = {name: getattr(settings, name) for name in ("steps", "guidance_min", "guidance_max")}
    return replace(sampler.OPTIONS, **{name: value for name, value in wishes.items() if value})


def _conditions(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> torch.Tensor:
    """Condition pictures [25, 3, h, w] in [0, 1]; with `options.folder`, they and the matches are kept there."""
    from ..conditions import make

    times = make.PUBLISHED_TIMES if options.as_published else make.uniform(FRAMES)
    if options.folder is None:
        matches = make.find(start, end, options.conditions, options.seed, options, report)
    else:
        folder = native_frames.made(options.folder)
        matches = make.write(
            start, end, times, options.conditions, options.seed, folder, options, report, lambda number, file: None
        )
    options.use(usage.lines(matches.lines_by))
    options.use(usage.pose(matches.pose_by))
    if not matches.lines and not matches.people:
        options.note("Nothing in the keys could be matched: nothing guided the frames between them.")
    drawn = np.stack(list(make.draw(matches, times, matches.size)))  # [25, h, w, 3], uint8
    return torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 255


def _noise(seed: int) -> Callable[..., torch.Tensor]:
    """A function that draws unit noise of a shape, on the CPU, so that a seed means the same on every device."""
    generator = torch.Generator().manual_seed(seed)
    return functools.partial(torch.randn, generator=generator)
