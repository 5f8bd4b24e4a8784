# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the inbetweens of a request: checks it, reads the keys, chooses a method, generates and writes frames."""

from __future__ import annotations

import functools
import importlib.metadata
import itertools
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__, methods
from ..core import devices
from ..examine import speeds
from ..files import atomic, images, job_folder
from ..models import registry, usage
from ..shared import timing
from ..shared.errors import Cancelled, DiskError, NumericError
from ..shared.methods import is_generative
from ..shared.protocol import Done, Frame, Preview, Request
from ..shared.timing import Drawing
from . import licences
from .identity import identity, seed_of
from .progress import CHOSEN, GENERATED, READ, Emit, IsCancelled, Reporter
from .validation import check

if TYPE_CHECKING:
    import torch

    from ..core.method_contract import Options
    from ..files.meaning import Meaning

PREVIEW = Path("preview.png")

_WHITE = 1.001  # brightest colour that is white still, rounding aside


def run(request: Request, job: str, emit: Emit, is_cancelled: IsCancelled) -> Done:
    """Makes all frames of `request` and returns the final report.

    `emit` is called with Progress, Frame and Preview messages named `job`; `is_cancelled` between steps. Frames that an
    earlier run left are verified and reused. When all are there, no picture is decoded and no network runs.

    A Frame says where its drawing is shown on the job's own chart. Its file has another number where the job extends
    what was made for another chart. Raises FcvgError; whatever happens, finished frames stay.
    """
    began_s = time.monotonic()
    check(request)
    licences.check(request)
    request = usage.narrowed(request)
    drawings = timing.chart(request.count, request.timing, request.hold)
    start, end = Path(request.start), Path(request.end)
    report = Reporter(job, emit, is_cancelled)
    report("Looking at the keys", 0)
    images.check_pair(start, end, request.layer)
    with job_folder.open_folder(
        Path(request.out),
        identity(request, start, end),
        drawings,
        request.overwrite,
        (start, end),
        request.extend,
        request.redo_yours,
    ) as folder:
        state = "failed"
        try:
            for drawing in folder.reused:
                emit(_frame(job, folder, drawing, reused=True))
            if folder.missing:
                with devices.memory_kept():
                    _generate(request, folder, report, emit)
            folder.check_whole()
            state = "done"
        except Cancelled:
            state = "cancelled"
            raise
        finally:
            seconds = round(time.monotonic() - began_s, 3)
            if folder.missing:
                folder.facts["seconds"] = seconds
            if state == "done":
                folder.finish(state)
            else:
                with suppress(DiskError):  # the first error is the one to report
                    folder.finish(state)
        facts = folder.facts
        speeds.record(request, facts, len(folder.missing), seconds)
        return Done(
            job=job,
            method=str(facts.get("method", request.method)),
            device=str(facts.get("device", request.device)),
            frames=request.count,
            reused=len(folder.reused),
            seconds=seconds,
            engine=__version__,
            notes=[*facts.get("notes", ()), *_yours(len(folder.yours)), *_aside(folder.put_aside)],
            models=usage.recorded(facts),
        )


def _generate(request: Request, folder: job_folder.JobFolder, report: Reporter, emit: Emit) -> None:
    """Makes the folder's missing drawings, and records in its facts how they were made."""
    report("Reading the keys", 0)
    pair = images.read_pair(Path(request.start), Path(request.end), request.layer)
    folder.check_keys(Path(request.start), Path(request.end))
    folder.check_space((pair.start, pair.end))
    report.span(READ, CHOSEN)
    report("Starting the engine", 0)
    devices.require_torch()
    import torch

    start, end = torch.from_numpy(pair.start), torch.from_numpy(pair.end)  # [C, H, W]
    if request.refuse_cuts and not folder.is_begun:
        from ..examine import refuse_cut

        refuse_cut(start, end)
    options = _options(request, folder, report, emit)
    facts = folder.facts
    if "method" not in facts:  # a run that goes on keeps to what the first one chose
        facts["method"], facts["reason"] = _choose(request, start, end, options, report)
    licences.check(replace(request, method=facts["method"]))  # the first run may have been allowed what this one is not
    usage.record(facts, [facts["method"]])
    facts.update(
        keys={"start": request.start, "end": request.end},
        size=[start.shape[2], start.shape[1]],
        device=options.device.type,
        seed=options.seed,
        notes=[
            *pair.notes,
            *_format_notes(request.format, pair),
            *_device_notes(request.device, facts.get("device"), options.device.type),
            *filter(None, [facts.get("reason")]),
        ],
        versions=_versions(),
    )
    if is_generative(facts["method"]):  # they make all frames before the first is drawn
        report.prepared = GENERATED
    report.span(CHOSEN, report.prepared)
    try:
        _draw(request, folder, (start, end), pair.meaning, options, report, emit)
    finally:
        with suppress(OSError):
            folder.record.delete(_preview_name(folder))


def _options(request: Request, folder: job_folder.JobFolder, report: Reporter, emit: Emit) -> Options:
    """How to compute. What the first run in the folder has decided holds for all drawings that join its own."""
    from ..core.method_contract import Options

    device = devices.pick(request.device)
    facts = folder.facts

    def preview(sheet: torch.Tensor, step: int, steps: int) -> None:
        name = _preview_name(folder)
        with atomic.disk_errors(folder.path):
            folder.record.write(name, images.encode(sheet.numpy(), "png"))
        emit(Preview(report.job, name, step, steps))

    def note(sentence: str) -> None:
        if sentence not in facts["notes"]:
            facts["notes"].append(sentence)

    return Options(
        device=device,
        dtype=devices.precision(device),
        seed=facts["seed"] if "seed" in facts else seed_of(request),
        breakdown=facts.setdefault("breakdown", timing.breakdown(folder.first).time),
        conditions=request.conditions,
        sampling=request.sampling,
        folder=folder.path,
        preview=preview,
        note=note,
        use=lambda feature: usage.record(facts, [feature]),
    )


def _draw(
    request: Request,
    folder: job_folder.JobFolder,
    keys: tuple[torch.Tensor, torch.Tensor],
    meaning: Meaning,
    options: Options,
    report: Reporter,
    emit: Emit,
) -> None:
    """Makes and writes the folder's missing drawings, the one nearest the middle first."""
    import torch

    method = folder.facts["method"]
    label = registry.label(method)
    report(f"Preparing {label}", 0)
    first = timing.breakdown(folder.missing)
    drawings = sorted(folder.missing, key=lambda drawing: drawing != first)
    times = [drawing.time for drawing in drawings]
    pictures = methods.load(method)(*keys, times, options, report)
    for made, (drawing, picture) in enumerate(zip(drawings, pictures, strict=True), 1):
        if not torch.isfinite(picture).all():
            raise NumericError(
                f"{label} made no usable picture for inbetween {drawing.index}.", "Try another method or device."
            )
        for shown in folder.add(drawing, images.encode(picture.numpy(), request.format, meaning)):
            emit(_frame(report.job, folder, shown))
        report.drawn(made, len(times))


def _choose(
    request: Request, start: torch.Tensor, end: torch.Tensor, options: Options, report: Reporter
) -> tuple[str, str]:
    """The method to use, and why, in words for an artist; no reason where the artist chose."""
    if request.method != "auto":
        return request.method, ""
    from ..draft.choose_method import choose

    return choose(start, end, options, report, functools.partial(usage.allowed, request))


def _frame(job: str, folder: job_folder.JobFolder, drawing: Drawing, reused: bool = False) -> Frame:
    is_yours = drawing in folder.yours
    return Frame(job, drawing.index, drawing.hold, folder.file_of(drawing), drawing.time, reused, is_yours)


def _preview_name(folder: job_folder.JobFolder) -> str:
    """The first of preview.png, preview-2.png … that is free or ours."""
    names = (f"{PREVIEW.stem}{f'-{number}' if number > 1 else ''}{PREVIEW.suffix}" for number in itertools.count(1))
    return next(filter(folder.record.may_write, names))


def _yours(count: int) -> Iterator[str]:
    if count == 1:
        yield "1 drawing is yours: it was painted over, and is kept."
    elif count:
        yield f"{count} drawings are yours: they were painted over, and are kept."


def _aside(names: Mapping[str, str]) -> Iterator[str]:
    if len(names) == 1:
        ((before, now),) = names.items()
        yield f"What was {before} is not ours or was changed, and is {now} now."
    elif names:
        yield f"{len(names)} files are not ours or were changed: their names begin with yours- now."


def _format_notes(file_format: str, pair: images.Pair) -> Iterator[str]:
    if file_format == "jpg" and len(pair.start) == 4:
        yield "JPEG has no transparency: the frames lie over black."
    if file_format != "exr" and max(pair.start[:3].max(), pair.end[:3].max()) > _WHITE:
        yield f"Values brighter than white were clipped: {file_format} cannot hold them, EXR can."
    yield from pair.meaning.lost(images.CODECS[file_format])


def _device_notes(asked: str, before: str | None, now: str) -> Iterator[str]:
    if asked == "auto" and now == "cpu" and before not in (None, now):
        yield "The graphics card that the first drawings were made on is not there any more: the processor went on."


def _versions() -> dict[str, str]:
    names = ("torch", "numpy", "OpenImageIO", "safetensors")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
