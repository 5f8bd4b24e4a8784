"""One job from its request to its frames: check, read the keys, choose a method, generate, write."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__, devices, images, methods, outputs, timing
from .errors import BadImage, BadRequest, Cancelled, DiskError, NumericError
from .examine import speeds
from .models import usage
from .protocol import (
    FORMATS,
    GENERATIVE,
    HOLDS,
    LINES,
    MAX_COUNT,
    POSES,
    PRESETS,
    Done,
    Frame,
    Message,
    Preview,
    Progress,
    Request,
    SamplingSettings,
)
from .timing import Drawing

if TYPE_CHECKING:
    import torch

    from .methods.base import Options

Emit = Callable[[Message], None]
IsCancelled = Callable[[], bool]

LARGEST_SEED = 2**63 - 1
PREVIEW = "preview.png"

# How far the whole job has come at the end of each stage; drawing takes the rest.
_READ, _CHOSEN, _PREPARED, _GENERATED = 0.03, 0.06, 0.15, 0.92

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
    usage.check(request)
    request = usage.narrowed(request)
    drawings = timing.chart(request.count, request.timing, request.hold)
    start, end = Path(request.start), Path(request.end)
    report = Reporter(job, emit, is_cancelled)
    report("Looking at the keys", 0)
    width, height = images.check_pair(start, end)
    identity = _identity(request, start, end)
    with outputs.open_folder(
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


def check(request: Request) -> None:
    """Raises BadRequest when a field of the request cannot be used; looks at no file."""
    for name, path in (("start key", request.start), ("end key", request.end), ("output folder", request.out)):
        if not path or "\0" in path:
            raise BadRequest(f"The {name} has no usable path.", "Give the path of a file or folder.")
    if not 1 <= request.count <= MAX_COUNT:
        raise BadRequest(f"{request.count} inbetweens cannot be made.", f"Ask for 1 to {MAX_COUNT}.")
    if request.hold not in HOLDS:
        raise BadRequest(f"Drawings cannot be held for {request.hold} frames.", "Use 1, 2 or 3.")
    if not -1 <= request.seed <= LARGEST_SEED:
        raise BadRequest(f"The seed {request.seed} is out of range.", "Use 0 to 2^63 - 1, or -1 for a new one.")
    if request.format not in FORMATS:
        raise BadRequest(f"There is no format {request.format!r:.100}.", f"Use one of {', '.join(FORMATS)}.")
    if request.extend and request.overwrite:
        raise BadRequest(
            "A job cannot both add to the drawings that are there and replace them.", "Choose one of both."
        )
    if request.method != "auto":
        methods.entry(request.method)
    for name, value, words in (
        ("way to match lines", request.conditions.lines, LINES),
        ("way to find poses", request.conditions.pose, POSES),
        ("preset", request.sampling.preset, PRESETS),
    ):
        if value not in words:
            raise BadRequest(f"There is no {name} {value!r:.100}.", f"Use {', '.join(words)}.")
    _check_sampling(request.sampling)


def _check_sampling(settings: SamplingSettings) -> None:
    """Raises BadRequest for a number outside the range that the settings' documentation gives."""
    for name, low, high in (
        ("steps", 0, 200),
        ("guidance_min", 0, 20),
        ("guidance_max", 0, 20),
        ("control_weight", 0, 10),
        ("motion_bucket", 0, 255),
        ("noise_augmentation", 0, 1),
        ("fps", 1, 30),
    ):
        value = getattr(settings, name)
        if not low <= value <= high:
            raise BadRequest(f"{value:g} is no usable {name.replace('_', ' ')}.", f"Use {low} to {high}.")


class Reporter:
    """Turns the steps of stages into one fraction of the whole job that never goes back; raises Cancelled."""

    def __init__(self, job: str, emit: Emit, is_cancelled: IsCancelled) -> None:
        self.job, self._emit, self._is_cancelled = job, emit, is_cancelled
        self._low, self._high, self._reached = 0.0, _READ, 0.0
        self.prepared = _PREPARED  # how far the job has come when drawing begins
        self._first_s = 0.0
        self._eta_s: float | None = None

    def span(self, low: float, high: float) -> None:
        """From now on a stage's fractions 0 … 1 stand for `low` … `high` of the job."""
        self._low, self._high = low, high

    def drawn(self, made: int, total: int) -> None:
        """`made` of `total` drawings are there. The first tells nothing of how long one takes: it waits for models."""
        now_s = time.monotonic()
        self._first_s = self._first_s or now_s
        if made == total:
            self._eta_s = 0.0
        elif made > 1:
            self._eta_s = (now_s - self._first_s) / (made - 1) * (total - made)
        self.span(*(self.prepared + (1 - self.prepared) * each / total for each in (made, made + 1)))
        self("Drawing inbetweens", 0)

    def __call__(self, stage: str, fraction: float) -> None:
        if self._is_cancelled():
            raise Cancelled()
        within = min(max(0.0, fraction), 1.0)  # in this order NaN becomes 0
        self._reached = max(self._reached, self._low + (self._high - self._low) * within)
        self._emit(Progress(self.job, stage, min(self._reached, 1.0), self._eta_s))


def _generate(request: Request, folder: outputs.JobFolder, report: Reporter, emit: Emit) -> None:
    """Makes the folder's missing drawings, the one nearest the middle first, and writes into its facts how."""
    report("Reading the keys", 0)
    pair = images.read_pair(Path(request.start), Path(request.end))
    report.span(_READ, _CHOSEN)
    report("Starting the engine", 0)
    devices.require_torch()
    import torch

    from .methods.base import Options

    start, end = torch.from_numpy(pair.start), torch.from_numpy(pair.end)  # [C, H, W]
    if request.refuse_cuts and not folder.is_begun:
        from .examine import refuse_cut

        refuse_cut(start, end)
    device = devices.pick(request.device)
    facts = folder.facts
    # What the first run decided holds for all drawings that join its own.
    seed = facts.get("seed", secrets.randbelow(2**53) if request.seed < 0 else request.seed)
    breakdown = facts.setdefault("breakdown", timing.breakdown(folder.first).time)

    def preview(sheet: torch.Tensor, step: int, steps: int) -> None:
        outputs.write_atomic(folder.path / PREVIEW, images.encode(sheet.numpy(), "png"))
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
    usage.check(replace(request, method=facts["method"]))  # that run may have been allowed what this one is not
    usage.record(facts, [facts["method"]])
    facts.update(
        keys={"start": request.start, "end": request.end},
        size=[start.shape[2], start.shape[1]],
        device=device.type,
        seed=seed,
        notes=[*pair.notes, *_format_notes(request.format, pair), *filter(None, [facts["reason"]])],
        versions=_versions(),
    )
    label = methods.entry(facts["method"]).label
    if facts["method"] in GENERATIVE:  # they make all frames before the first is drawn
        report.prepared = _GENERATED
    report.span(_CHOSEN, report.prepared)
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
    from .methods.choose import choose

    return choose(start, end, options, report, functools.partial(usage.allowed, request))


def _identity(request: Request, start: Path, end: Path) -> dict[str, Any]:
    """All that decides how the frames look.

    `commercial_only` is not among it: it can only refuse a job, or narrow what is looked for in the keys, and the
    latter shows in `conditions`. Frames made without it are those made with it. `refuse_cuts` too can only refuse, and
    `extend` is about where frames go.
    """
    try:
        hashes = outputs.sha256_of(start), outputs.sha256_of(end)
    except OSError as error:
        raise BadImage(f"A key cannot be read: {error}", "Check that both images are still there.") from error
    generative: dict[str, Any] = {}
    if request.method in GENERATIVE:
        conditions = asdict(request.conditions)
        del conditions["matches"]  # what is in the file counts, not where it lies
        generative = {"sampling": asdict(request.sampling), "conditions": conditions}
        if request.conditions.matches:
            generative["matches_sha256"] = outputs.sha256_of_matches(Path(request.conditions.matches))
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


def _frame(job: str, folder: outputs.JobFolder, drawing: Drawing, reused: bool = False) -> Frame:
    return Frame(job, drawing.index, drawing.hold, folder.file_of(drawing), drawing.time, reused)


def _format_notes(file_format: str, pair: images.Pair) -> Iterator[str]:
    if file_format == "jpg" and len(pair.start) == 4:
        yield "JPEG has no transparency: the frames lie over black."
    if file_format != "exr" and max(pair.start[:3].max(), pair.end[:3].max()) > _WHITE:
        yield f"Values brighter than white were clipped: {file_format} cannot hold them, EXR can."


def _versions() -> dict[str, str]:
    names = ("torch", "numpy", "OpenImageIO", "safetensors")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
