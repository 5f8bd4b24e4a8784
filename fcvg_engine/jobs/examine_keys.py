# SPDX-License-Identifier: GPL-3.0-or-later
"""Examines two keys: whether they are one shot, what method suits, what a job would cost."""

from __future__ import annotations

import functools
import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from ..core import devices, loading
from ..examine import advice, can_compare, estimates
from ..examine.finding import Finding
from ..files import atomic, images
from ..models import discovery, registry, usage
from ..shared import timing
from ..shared.errors import BadRequest
from ..shared.methods import GENERATIVE, is_generative
from ..shared.protocol import Examine, Examined, Request
from . import licences
from .progress import Emit, IsCancelled, Reporter
from .validation import check

if TYPE_CHECKING:
    import torch

_SAMPLE_PX = 1024  # side of the piece of a key that is encoded to estimate the size of files
_BLOCK_BYTES = 4096  # a disk gives files whole blocks of this size
_READ, _COMPARED = 0.2, 0.7


def run(message: Examine, emit: Emit, is_cancelled: IsCancelled) -> Examined:
    """Returns the report about the keys of `message`. Makes and changes nothing. `emit` is called with Progress.

    Raises FcvgError where the job itself would: for keys that cannot be read, for settings that cannot be used.
    """
    request = message.request
    check(request)
    licences.check(request)
    if not (0 < message.width <= images.MAX_SIDE and 0 < message.height <= images.MAX_SIDE):
        raise BadRequest(
            f"Frames of {message.width}×{message.height} cannot be made.",
            f"{images.MAX_SIDE}×{images.MAX_SIDE} is the most.",
        )
    report = Reporter(message.job or "", emit, is_cancelled)
    report("Looking at the keys", 0)
    pair = images.read_pair(Path(request.start), Path(request.end), request.layer)
    devices.require_torch()
    import torch

    device = devices.pick(request.device)
    start, end = torch.from_numpy(pair.start), torch.from_numpy(pair.end)  # [C, H, W]
    report.span(_READ, _COMPARED)
    report("Comparing the keys", 0)
    finding = _compare(start, end)
    report.span(_COMPARED, 1.0)
    draft = _choose(message, start, end, device, report)
    lacking = discovery.lacking(discovery.find())
    task = _task(message, device)
    found = {each.method: each for each in estimates.estimates(task, lacking)}
    allowed = [method for method in GENERATIVE if usage.allowed(request, method)]
    suggested = advice.suggest(draft, finding, device.type, lacking, allowed)
    wanted = request.method if request.method in found else draft.method
    disk_bytes = _disk_bytes(request, wanted, task, (pair.start, pair.end))
    free_bytes = _free_bytes(Path(request.out))
    state, sentence = advice.line(
        found[wanted], found[suggested.method], finding, device.type, task.free_bytes, (disk_bytes, free_bytes)
    )
    return Examined(
        job=message.job,
        state=state,
        sentence=sentence,
        is_cut=finding.is_cut,
        motion=round(finding.motion.far, 4),
        suggested=suggested.method,
        reason=suggested.reason,
        estimates=list(found.values()),
        disk_bytes=disk_bytes,
        free_bytes=free_bytes,
    )


def _compare(start: torch.Tensor, end: torch.Tensor) -> Finding:
    import torch

    from ..draft import fades

    if torch.equal(start, end):
        return Finding(same=True)
    if fades.kind(start, end):
        return Finding(fades=True)
    if not can_compare():
        return Finding(known=False)
    loading.load_own("examine.alignments")
    from ..examine.alignments import Comparison
    from ..examine.cuts import is_cut
    from ..examine.motion import motion
    from ..examine.views import views

    compared = Comparison(*views(start, end))
    if is_cut(compared):
        return Finding(is_cut=True)
    return Finding(motion=motion(compared), known=not compared.says_nothing)


def _choose(
    message: Examine, start: torch.Tensor, end: torch.Tensor, device: torch.device, report: Reporter
) -> advice.Choice:
    """What `auto` would choose for the frames, which may be larger than the keys that were sent."""
    from ..core.method_contract import Options
    from ..draft import choose_method

    name, reason = choose_method.choose(
        start, end, Options(device), report, functools.partial(usage.allowed, message.request)
    )
    if name == "gmfss" and device.type == "cpu" and message.width * message.height > choose_method.MOST_PIXELS_ON_CPU:
        name, reason = "rife", f"{registry.label('rife')}, since {registry.label('gmfss')} is slow at this size."
    return advice.Choice(name, reason)


def _task(message: Examine, device: torch.device) -> estimates.Task:
    from ..diffusion import sizes

    request = message.request
    return estimates.Task(
        drawings=len(timing.chart(request.count, request.timing, request.hold)),
        size=(message.width, message.height),
        file_format=request.format,
        device=device.type,
        free_bytes=_free_memory(device),
        work_size=sizes.working(message.width, message.height, request.sampling.work_size),
        sampling=request.sampling,
    )


def _free_memory(device: torch.device) -> int:
    """Bytes that are free on `device`. What this process uses counts as free, since estimates include it."""
    own_bytes = 0 if device.type == "cuda" else int(psutil.Process().memory_info().rss)
    return devices.free_bytes(device) + own_bytes


def _disk_bytes(request: Request, method: str, task: estimates.Task, keys: tuple[images.Array, images.Array]) -> int:
    """Bytes of a job's files, if its pictures compress as badly as the keys. Held frames take nothing."""
    width, height = task.size
    needed = task.drawings * _file_bytes(keys, request.format, width * height)
    if is_generative(method):
        work_width, work_height = task.work_size
        needed += estimates.NATIVES * _file_bytes(keys, "png16", work_width * work_height)
    return needed


def _file_bytes(keys: tuple[images.Array, images.Array], file_format: str, pixels: int) -> int:
    """Bytes of one picture of so many `pixels`."""
    worst = 0.0
    for key in keys:
        piece = _middle(key)
        worst = max(worst, len(images.encode(piece, file_format)) / (piece.shape[1] * piece.shape[2]))
    return math.ceil(worst * pixels / _BLOCK_BYTES) * _BLOCK_BYTES


def _middle(key: images.Array) -> images.Array:
    """The middle piece of a key [C, H, W], at most `_SAMPLE_PX` each way."""
    top, left = (max(0, (side - _SAMPLE_PX) // 2) for side in key.shape[1:])
    return key[:, top : top + _SAMPLE_PX, left : left + _SAMPLE_PX]


def _free_bytes(out: Path) -> int:
    """Bytes that are free on the disk of the folder `out`, which need not exist yet. Raises DiskError."""
    with atomic.disk_errors(out):
        place = out.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        return shutil.disk_usage(place).free
