"""From two keys to inbetweens with Stable Video Diffusion: what the methods fcvg, trf, vibid and gi share.

25 frames are generated, always, for fewer are known to come out broken; the two ends are the keys' own, and drawings
at any other time are made from them (see `retime`).
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..core import devices, pictures
from ..core.method import Options, ReportProgress, sub_progress
from ..draft import rife
from ..models import discovery, usage
from ..shared.errors import MissingModel
from ..shared.protocol import SamplingSettings
from . import colour, memory, native_frames, retime, sizes
from .memory_fallback import Ladder, SteadyDenoiser
from .memory_plan import MemoryPlan
from .progress import Progress

if TYPE_CHECKING:
    from .encode import Encoded
    from .samplers.base import Denoiser

FRAMES = memory.FRAMES
_WHITE = 1.001  # brightest colour that is white still, rounding aside
# How far the generation has come at the end of each stage; decoding takes the rest.
_LOADED, _CONDITIONED, _ENCODED, _DENOISED = 0.05, 0.1, 0.12, 0.9
_GENERATED = 0.9  # of the whole, where drawings between the native frames follow


def inbetween(
    method: str,
    start: torch.Tensor,
    end: torch.Tensor,
    times: Sequence[float],
    options: Options,
    report: ReportProgress,
) -> Iterator[torch.Tensor]:
    """See `core.method.Method`; `method` is one of shared.methods.GENERATIVE.

    Networks see opaque keys in the range of a display (`pictures.seen`). Pictures come back at the keys' size; their
    alpha is that of the keys, moved as RIFE moves it.
    """
    if max(float(start[:3].max()), float(end[:3].max())) > _WHITE:
        options.note(f"Values brighter than white were clipped: {method} works in the range of a display.")
    if start.shape[0] == 4 or any(retime.place(time, FRAMES).fraction for time in times):
        options.use("rife")
    first, last = pictures.seen(start, end)
    frames = natives(first[0], last[0], method, options, sub_progress(report, 0.0, _GENERATED))
    height, width = start.shape[-2:]
    drawn = retime.frames(frames, times, options, sub_progress(report, _GENERATED, 1.0))
    if start.shape[0] == 3:
        for picture in drawn:
            yield sizes.fitted(picture[None], width, height)[0]
        return
    ground = pictures.backdrop(start, end)
    moved = rife.inbetween(start, end, times, options, sub_progress(report, _GENERATED, 1.0))
    for picture, layer in zip(drawn, moved, strict=True):
        yield _on_clear(sizes.fitted(picture[None], width, height)[0], layer[3:].clamp(0, 1), ground)


@torch.no_grad()
def natives(
    start: torch.Tensor, end: torch.Tensor, method: str, options: Options, report: ReportProgress
) -> torch.Tensor:
    """The 25 frames [25, 3, h, w] in [0, 1], at working size, for keys [3, H, W] in [0, 1] of any size.

    With `options.folder`, frames that are kept there under the same identity are taken, and new ones are kept. Raises
    MissingModel, BadRequest, OutOfMemory, NumericError, DiskError and whatever `report` raises.
    """
    width, height = sizes.working(start.shape[2], start.shape[1], options.sampling.work_size)
    start, end = (sizes.fitted(key[None], width, height)[0] for key in (start, end))
    found = discovery.find()
    lacking = discovery.lacking(found).get(method)
    if lacking:
        raise MissingModel(f"The models of {method} are not all there.", lacking)
    plan = _plan(method, (width, height), options, report)
    if options.folder is None:
        return _generate(start, end, method, found, plan, options, report)
    identity = native_frames.identity(start, end, method, found, plan, options)
    frames = native_frames.kept(options.folder, identity)
    if frames is not None:
        options.note("The frames generated earlier were taken: only the timing is new.")
        for part in native_frames.parts(options.folder):
            options.use(part)
        return frames
    parts: list[str] = []

    def use(part: str) -> None:
        parts.append(part)
        options.use(part)

    frames = _generate(start, end, method, found, plan, replace(options, use=use), report)
    native_frames.keep(options.folder, identity, frames, parts)
    return frames


def _generate(
    start: torch.Tensor,
    end: torch.Tensor,
    method: str,
    found: discovery.Found,
    plan: MemoryPlan,
    options: Options,
    report: ReportProgress,
) -> torch.Tensor:
    """`natives` where none are kept, for keys [3, h, w] at working size."""
    # Not above: they need diffusers and transformers, of which `discovery.lacking` says in words that they are missing.
    from . import decode, denoiser, encode
    from . import networks as models

    sampler = importlib.import_module(f".samplers.{method}", __package__)
    sampling = _sampling(sampler, options.sampling)
    with pictures.explained_memory():
        networks = models.load(found, method, options.device, options.dtype, sub_progress(report, 0.0, _LOADED))
    conditions = None
    if method == "fcvg":
        conditions = _conditions(start, end, options, sub_progress(report, _LOADED, _CONDITIONED))

    draw = _noise(options.seed)
    height, width = start.shape[-2:]
    augmentation = draw(1, 3, height, width)
    ladder = Ladder(plan, options.device, options.note)

    def encoding(settings: SamplingSettings) -> Encoded:
        work = functools.partial(encode.encode, networks, start, end, settings, augmentation)
        return ladder.run("encoding", work)

    def denoising(plan: MemoryPlan) -> Denoiser:
        return denoiser.SvdDenoiser(networks, encoded, conditions, options.sampling, sampling.steps, plan, FRAMES)

    def decoding(plan: MemoryPlan) -> torch.Tensor:
        told = sub_progress(report, _DENOISED, 1.0)
        return decode.decode(networks, latents, plan, lambda done, of: told("Decoding the frames", done / of))

    try:
        report("Encoding the keys", _CONDITIONED)
        encoded = encoding(options.sampling)
        own: dict[str, torch.Tensor] = {}
        if method == "vibid":  # it puts the keys themselves into the frames, without the noise that the network sees
            clean, scale = (
                encoding(replace(options.sampling, noise_augmentation=0.0)),
                networks.vae.config.scaling_factor,
            )
            own = {"start": clean.latents_start[1] * scale, "end": clean.latents_end[1] * scale}
        steady = SteadyDenoiser(ladder, denoising)
        progress = Progress(steady, options, sub_progress(report, _ENCODED, _DENOISED))
        draw_latents = functools.partial(draw, 1, FRAMES, 4, height // 8, width // 8)
        with progress.within_steps(networks):
            latents = sampler.sample(steady, draw_latents, sampling, progress.on_step, **own)
        frames = ladder.run("decoding", decoding) / 2 + 0.5
    finally:
        networks.place(offload=True)  # between jobs the GPU is Blender's
    if not options.as_published:
        frames = colour.matched(frames, start, end)
    return native_frames.rounded(frames)


def _plan(method: str, size: tuple[int, int], options: Options, report: ReportProgress) -> MemoryPlan:
    """How to use the memory that is free; what this process keeps of it for later counts as free."""
    kind = options.device.type
    free_bytes = next(device.free_bytes for device in devices.available() if device.name == kind)
    if kind == "cuda":
        free_bytes += torch.cuda.memory_reserved(options.device)
    preset, value_bytes = options.sampling.preset, options.dtype.itemsize
    plan = memory.plan(preset, free_bytes, size, method, value_bytes=value_bytes, on_gpu=kind != "cpu")
    need_bytes = memory.estimate(plan, size, method, value_bytes)
    report(f"Preparing, preset {plan.name}: about {need_bytes / 1e9:.0f} GB of {free_bytes / 1e9:.0f} GB memory", 0.0)
    return plan


def _sampling(sampler: ModuleType, settings: SamplingSettings) -> Any:
    """The sampler's published options, but for what the artist has set."""
    wishes = {name: getattr(settings, name) for name in ("steps", "guidance_min", "guidance_max")}
    return replace(sampler.OPTIONS, **{name: value for name, value in wishes.items() if value})


def _conditions(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> torch.Tensor:
    """Condition maps [25, 3, h, w] in [0, 1], kept with the matches beside the native frames."""
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
    """Draws unit noise of a given shape, on the processor, so that a seed means the same on every device."""
    generator = torch.Generator().manual_seed(seed)
    return functools.partial(torch.randn, generator=generator)


def _on_clear(picture: torch.Tensor, alpha: torch.Tensor, ground: float) -> torch.Tensor:
    """`picture` [3, H, W], seen over the grey `ground`, taken off it where `alpha` [1, H, W] says: premultiplied."""
    colours = (picture - (1 - alpha) * ground).clamp(min=0)
    return torch.cat((torch.minimum(colours, alpha), alpha))
