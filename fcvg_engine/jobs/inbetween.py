"""One job from its request to its frames: check, read the keys, choose a method, generate, write."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__, methods
from ..core import devices
from ..examine import speeds
from ..files import atomic, images, job_folder
from ..models import registry, usage
from ..shared import timing
from ..shared.errors import BadImage, Cancelled, DiskError, NumericError
from ..shared.methods import is_generative
from ..shared.protocol import (
    Done,
    Frame,
    Preview,
    Request,
)
from ..shared.timing import Drawing
from . import validation
from .progress import CHOSEN, GENERATED, READ, Emit, IsCancelled, Reporter
from .validation import check

if TYPE_CHECKING:
    import torch

    from ..core.method import Options
PREVIEW = "preview.png"

_WHITE = 1.001  # brightest colour that is white still, rounding aside


def run(request: Request, job: str, emit: Emit, is_cancelled: IsCancelled) -> Done:
    """Makes all frames of `request`; the final report. `emit` gets Progress and Frame messages named `job`.

    Asks `is_cancelled` between steps. Frames that an earlier run left are verified and reused; when all are, no
    picture is decoded and no network runs. A Frame tells where its drawing shows on the job's own chart; its file has
    another number where the job extends what was made for another. Raises FcvgError; whatever it is, finished frames
    stay.
    """
    began_s = time.monotonic()
    check(request)
    validation.check_licences(request)
    request = usage.narrowed(request)
    drawings = timing.chart(request.count, request.timing, request.hold)
    start, end = Path(request.start), Path(request.end)
    report = Reporter(job, emit, is_cancelled)
    report("Looking at the keys", 0)
    width, height = images.check_pair(start, end)
    identity = _identity(request, start, end)
    with job_folder.open_folder(
        Path(request.out), identity, drawings, request.overwrite, (start, end), request.extend
    ) as folder:
        state = "failed"
        try:
            for drawing in folder.reused:
                emit(_frame(job, folder, drawing, reused=True))
            if folder.missing:
                folder.check_space(width, height, 3)
                with devices.memory_kept():
                    _generate(request, folder, report, emit)
            state = "done"
        except Cancelled:
            state = "cancelled"
            raise
        finally:
            seconds = folder.facts["seconds"] = round(time.monotonic() - began_s, 3)
            if state == "done":
                folder.finish(state)
            else:
                with suppress(DiskError):  # the first error is the one to tell
                    folder.finish(state)
        facts = folder.facts
        speeds.record(request, facts, len(folder.missing), seconds)
        return Done(
            job=job,
            method=facts["method"],
            device=facts["device"],
            frames=request.count,
            reused=len(folder.reused),
            seconds=seconds,
            engine=__version__,
            notes=list(facts["notes"]),
            models=usage.recorded(facts),
        )


def _generate(request: Request, folder: job_folder.JobFolder, report: Reporter, emit: Emit) -> None:
    """Makes the folder's missing drawings, the one nearest the middle first, and writes into its facts how."""
    report("Reading the keys", 0)
    pair = images.read_pair(Path(request.start), Path(request.end))
    report.span(READ, CHOSEN)
    report("Starting the engine", 0)
    devices.require_torch()
    import torch

    from ..core.method import Options

    start, end = torch.from_numpy(pair.start), torch.from_numpy(pair.end)  # [C, H, W]
    if request.refuse_cuts and not folder.is_begun:
        from ..examine import refuse_cut

        refuse_cut(start, end)
    device = devices.pick(request.device)
    facts = folder.facts
    # What the first run decided holds for all drawings that join its own.
    seed = facts.get("seed", secrets.randbelow(2**53) if request.seed < 0 else request.seed)
    breakdown = facts.setdefault("breakdown", timing.breakdown(folder.first).time)

    def preview(sheet: torch.Tensor, step: int, steps: int) -> None:
        atomic.write_atomic(folder.path / PREVIEW, images.encode(sheet.numpy(), "png"))
        emit(Preview(report.job, PREVIEW, step, steps))

    def note(sentence: str) -> None:
        if sentence not in facts["notes"]:
            facts["notes"].append(sentence)

    options = Options(
        device=device,
        dtype=devices.precision(device),
        seed=seed,
        breakdown=breakdown,
        conditions=request.conditions,
        sampling=request.sampling,
        folder=folder.path,
        preview=preview,
        note=note,
        use=lambda part: usage.record(facts, [part]),
    )
    if "method" not in facts:  # a run that goes on keeps to what the first one chose
        facts["method"], facts["reason"] = _choose(request, start, end, options, report)
    validation.check_licences(
        replace(request, method=facts["method"])
    )  # that run may have been allowed what this one is not
    usage.record(facts, [facts["method"]])
    facts.update(
        keys={"start": request.start, "end": request.end},
        size=[start.shape[2], start.shape[1]],
        device=device.type,
        seed=seed,
        notes=[*pair.notes, *_format_notes(request.format, pair), *filter(None, [facts["reason"]])],
        versions=_versions(),
    )
    label = registry.label(facts["method"])
    if is_generative(facts["method"]):  # they make all frames before the first is drawn
        report.prepared = GENERATED
    report.span(CHOSEN, report.prepared)
    report(f"Preparing {label}", 0)
    first = timing.breakdown(folder.missing)
    drawings = sorted(folder.missing, key=lambda drawing: drawing != first)
    times = [drawing.time for drawing in drawings]
    pictures = methods.load(facts["method"])(start, end, times, options, report)
    try:
        for made, (drawing, picture) in enumerate(zip(drawings, pictures, strict=True), 1):
            if not torch.isfinite(picture).all():
                raise NumericError(
                    f"{label} made no usable picture for inbetween {drawing.index}.", "Try another method or device."
                )
            for shown in folder.add(drawing, images.encode(picture.numpy(), request.format)):
                emit(_frame(report.job, folder, shown))
            report.drawn(made, len(times))
    finally:
        with suppress(OSError):
            (folder.path / PREVIEW).unlink(missing_ok=True)


def _choose(request: Request, start: Any, end: Any, options: Options, report: Reporter) -> tuple[str, str]:
    """The method to use, and why, in an artist's words; no reason where the artist chose."""
    if request.method != "auto":
        return request.method, ""
    from ..draft.choose import choose

    return choose(start, end, options, report, functools.partial(usage.allowed, request))


def _identity(request: Request, start: Path, end: Path) -> dict[str, Any]:
    """All that decides how the frames look.

    `commercial_only` is not among it: it can only refuse a job, or narrow what is looked for in the keys, and the
    latter shows in `conditions`. Frames made without it are those made with it. `refuse_cuts` too can only refuse, and
    `extend` is about where frames go.
    """
    try:
        hashes = job_folder.sha256_of(start), job_folder.sha256_of(end)
    except OSError as error:
        raise BadImage(f"A key cannot be read: {error}", "Check that both images are still there.") from error
    generative: dict[str, Any] = {}
    if is_generative(request.method):
        conditions = asdict(request.conditions)
        del conditions["matches"]  # what is in the file counts, not where it lies
        generative = {"sampling": asdict(request.sampling), "conditions": conditions}
        if request.conditions.matches:
            generative["matches_sha256"] = job_folder.sha256_of_matches(Path(request.conditions.matches))
    return {
        "engine": __version__,
        "count": request.count,
        "method": request.method,
        "timing": request.timing,
        "hold": request.hold,
        "seed": request.seed,
        "format": request.format,
        "start_sha256": hashes[0],
        "end_sha256": hashes[1],
        **generative,
    }


def _frame(job: str, folder: job_folder.JobFolder, drawing: Drawing, reused: bool = False) -> Frame:
    return Frame(job, drawing.index, drawing.hold, folder.file_of(drawing), drawing.time, reused)


def _format_notes(file_format: str, pair: images.Pair) -> Iterator[str]:
    if file_format == "jpg" and len(pair.start) == 4:
        yield "JPEG has no transparency: the frames lie over black."
    if file_format != "exr" and max(pair.start[:3].max(), pair.end[:3].max()) > _WHITE:
        yield f"Values brighter than white were clipped: {file_format} cannot hold them, EXR can."


def _versions() -> dict[str, str]:
    names = ("torch", "numpy", "OpenImageIO", "safetensors")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
