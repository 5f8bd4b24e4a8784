# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of the generative methods: native frames out of two keys, then a picture for each time that is asked for.

Always 25 native frames are generated: fewer are known to come out broken. They stand evenly from the start key to the
end key. Drawings at other times are made from them (see `retime`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import ModuleType

import torch

from ..core import devices, pictures
from ..core.method_contract import Options, ReportProgress, sub_progress
from ..draft import rife
from ..models import discovery
from ..shared import amounts
from ..shared.errors import MissingModel
from . import memory, native_frames, retime, sizes
from .memory import FRAMES, MemoryPlan
from .pipeline import generated

_WHITE = 1.001  # brightest colour that is white still, rounding aside
_GENERATED = 0.9  # share of the whole work; drawings between the native frames follow


def inbetween(
    method: str,
    sampler: ModuleType,
    start: torch.Tensor,
    end: torch.Tensor,
    times: Sequence[float],
    options: Options,
    report: ReportProgress,
) -> Iterator[torch.Tensor]:
    """Makes the drawings of `method`, one of shared.methods.GENERATIVE, as `core.method_contract.Method` says.

    `sampler`: a module of `samplers`, see there. The networks see opaque keys in the range of a display
    (`pictures.seen`). Pictures come back at the keys' size. Their alpha is that of the keys, moved as RIFE moves it.
    """
    if max(float(start[:3].max()), float(end[:3].max())) > _WHITE:
        options.note(f"Values brighter than white were clipped: {method} works in the range of a display.")
    if start.shape[0] == 4 or any(retime.place(time, FRAMES).fraction for time in times):
        options.use("rife")
    first, last = pictures.seen(start, end)
    frames = natives(first[0], last[0], method, sampler, options, sub_progress(report, 0.0, _GENERATED))
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
    start: torch.Tensor, end: torch.Tensor, method: str, sampler: ModuleType, options: Options, report: ReportProgress
) -> torch.Tensor:
    """Returns the native frames [25, 3, h, w] in [0, 1], at working size, of keys [3, H, W] in [0, 1] of any size.

    With `options.folder`, frames that lie there under the same identity are read, and new ones are written there.
    Raises MissingModel, BadRequest, OutOfMemory, NumericError, DiskError and whatever `report` raises.
    """
    width, height = sizes.working(start.shape[2], start.shape[1], options.sampling.work_size)
    start, end = (sizes.fitted(key[None], width, height)[0] for key in (start, end))
    found = discovery.find()
    lacking = discovery.lacking(found).get(method)
    if lacking:
        raise MissingModel(f"The models of {method} are not all there.", lacking)
    plan = _plan(method, (width, height), options, report)
    if options.folder is None:
        return generated(start, end, method, sampler, found, plan, options, report)
    identity = native_frames.identity(start, end, method, found, plan, options)
    frames = native_frames.kept(options.folder, identity)
    if frames is not None:
        options.note("The frames generated earlier were taken: only the timing is new.")
        for feature in native_frames.features(options.folder, identity):
            options.use(feature)
        return frames
    features: list[str] = []

    def use(feature: str) -> None:
        features.append(feature)
        options.use(feature)

    frames = generated(start, end, method, sampler, found, plan, replace(options, use=use), report)
    native_frames.keep(options.folder, identity, frames, features)
    return frames


def _plan(method: str, size: tuple[int, int], options: Options, report: ReportProgress) -> MemoryPlan:
    """How to use the memory that is free on the device; reports it."""
    free_bytes = devices.free_bytes(options.device)
    preset, value_bytes = options.sampling.preset, options.dtype.itemsize
    on_gpu = options.device.type != "cpu"
    plan = memory.plan(preset, free_bytes, size, method, value_bytes=value_bytes, on_gpu=on_gpu)
    need_bytes = memory.estimate(plan, size, method, value_bytes)
    needed, free = amounts.in_words(need_bytes), amounts.in_words(free_bytes)
    report(f"Preparing, preset {plan.name}: about {needed} of {free} memory", 0.0)
    return plan


def _on_clear(picture: torch.Tensor, alpha: torch.Tensor, ground: float) -> torch.Tensor:
    """Takes the grey `ground` out of `picture` [3, H, W], which was seen over it → [4, H, W], premultiplied.

    `alpha` is [1, H, W].
    """
    colours = (picture - (1 - alpha) * ground).clamp(min=0)
    return torch.cat((torch.minimum(colours, alpha), alpha))
