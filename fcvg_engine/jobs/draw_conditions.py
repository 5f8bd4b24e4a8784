# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the conditions of a request, so that an artist sees them before the long generation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from ..core import devices, loading
from ..files import atomic, folder_lock, images
from ..models import usage
from ..shared import timing
from ..shared.folder_record import FolderRecord
from ..shared.protocol import Done, Frame, Request
from . import licences
from .identity import seed_of
from .progress import Emit, IsCancelled, Reporter
from .validation import check

_PATTERN = "condition_*.png"


def run(request: Request, job: str, emit: Emit, is_cancelled: IsCancelled) -> Done:
    """Draws the conditions of both keys and of all drawings into the output folder; returns the final report.

    `condition_0000.png` is the start key's, then there is one for each drawing, and the last one is the end key's.
    `emit` is called with a Frame for each, counted from 1. `matches.json` and `overview.png` lie beside them. Raises
    FcvgError.
    """
    began_s = time.monotonic()
    check(request)
    licences.check_conditions(request)
    request = usage.narrowed(request)
    start_path, end_path = Path(request.start), Path(request.end)
    report = Reporter(job, emit, is_cancelled)
    report("Looking at the keys", 0)
    images.check_pair(start_path, end_path, request.layer)
    with folder_lock.locked(Path(request.out)) as folder:
        pair = images.read_pair(start_path, end_path, request.layer)
        devices.require_torch()
        loading.load_own("conditions.make")
        import torch

        from ..conditions import make
        from ..core import pictures
        from ..core.method_contract import Options
        from ..diffusion import sizes

        drawings = timing.chart(request.count, request.timing, request.hold)
        names = [make.OVERVIEW, *map(make.file_name, range(len(drawings) + 2))]
        _clear(folder, names if make.is_given(folder, request.conditions) else [make.MATCHES, *names])
        device = devices.pick(request.device)
        notes: list[str] = list(pair.notes)
        seed = seed_of(request)
        options = Options(device, devices.precision(device), seed, note=notes.append)
        width, height = sizes.working(pair.start.shape[2], pair.start.shape[1], request.sampling.work_size)
        seen = pictures.seen(torch.from_numpy(pair.start), torch.from_numpy(pair.end))
        start, end = (sizes.fitted(key, width, height)[0] for key in seen)
        times = [0.0, *(drawing.time for drawing in drawings), 1.0]
        holds = [1, *(drawing.hold for drawing in drawings), 1]
        report.span(0.03, 1.0)

        def on_frame(number: int, file: str) -> None:
            emit(Frame(job, 1 + sum(holds[:number]), holds[number], file, times[number]))

        matches = make.write(start, end, times, request.conditions, seed, folder, options, report, on_frame)
    return Done(
        job=job,
        method=matches.lines_by,
        device=device.type,
        frames=len(times),
        reused=0,
        seconds=round(time.monotonic() - began_s, 3),
        engine=__version__,
        notes=[
            f"{_counted(matches.lines, 'line')} and {_counted(matches.people, 'person', 'people')} matched.",
            *notes,
        ],
        models=usage.used([usage.lines(matches.lines_by), usage.pose(matches.pose_by)]),
    )


def _clear(folder: Path, names: Sequence[str]) -> None:
    """Delete the conditions of an earlier run. Raises BadRequest where somebody else's file has one of the `names` that
    are to be written, such as matches.json after it was edited."""
    record = FolderRecord(folder)
    with atomic.disk_errors(folder):
        for name in names:
            if not record.may_write(name):
                raise atomic.in_the_way(folder / name)
        for path in folder.glob(_PATTERN):
            record.delete(path.name)


def _counted(things: Sequence[object], one: str, many: str = "") -> str:
    return f"{len(things)} {one if len(things) == 1 else many or one + 's'}"
