"""Examines the engine: what is installed, which devices and models are there, and whether a frame comes out."""

from __future__ import annotations

import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil  # type: ignore[import-untyped]

from . import __version__, devices, images, methods
from .errors import FcvgError, MissingPart
from .models import files
from .protocol import Done, Message, Request

if TYPE_CHECKING:
    from .job import Emit, IsCancelled

LIBRARIES = ("torch", "numpy", "safetensors", "OpenImageIO", "typer", "rich", "platformdirs", "filelock", "psutil")
SELF_TEST_SIZE = (256, 144)  # width, height in pixels

_SCRATCH = "fcvg-self-test-"
_SCRATCH_AGE_S = 3600.0


@dataclass(frozen=True)
class Model:
    """A line of the `models` command."""

    name: str
    state: str
    licence: str
    enables: str
    source: str
    file: str


@dataclass(frozen=True)
class Finding:
    """A line of the `doctor` command; `error` where something is wrong."""

    subject: str
    text: str
    error: FcvgError | None = None


def models() -> list[Model]:
    """All weight files the engine knows. Raises MissingPart without torch."""
    devices.require_torch()
    from . import weights

    found = vars(files.find())
    checkpoints = [
        Model(
            name=name,
            state="present" if found[name] else "missing",
            licence=origin.licence,
            enables=origin.enables,
            source=origin.source,
            file=str(found[name] or files.folders()[0]),
        )
        for name, origin in files.ORIGINS.items()
    ]
    return [
        Model(
            name=each.name,
            state=each.state,
            licence=each.licence,
            enables=", ".join(methods.METHODS[name].label for name in each.enables),
            source=each.source,
            file=str(each.path),
        )
        for each in weights.available()
    ] + checkpoints


def examine(device: str) -> list[Finding]:
    """Everything, in the order in which one thing needs the other; the self-test runs on `device`."""
    memory = psutil.virtual_memory()
    findings = [
        Finding("engine", __version__),
        Finding("Python", f"{platform.python_version()} on {platform.platform()}"),
        *(_library(name) for name in LIBRARIES),
        Finding("memory", f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free"),
    ]
    try:
        findings += [
            Finding(f"device {each.name}", f"{each.label}, {each.free_bytes / 1e9:.1f} GB free")
            for each in devices.available()
        ]
        findings += [Finding(f"model {each.name}", f"{each.state}, {each.file}") for each in models()]
        done = self_test(device, "doctor", _ignore, lambda: False)
        findings.append(Finding("self-test", " ".join(done.notes)))
    except FcvgError as error:
        findings.append(Finding("self-test", error.message, error))
    return findings


def self_test(device: str, job: str, emit: Emit, is_cancelled: IsCancelled) -> Done:
    """Generates one small frame from two images, over the whole way of a real job. Raises FcvgError.

    Downloads nothing: while RIFE's model is not there, a dissolve is made, and a note says so.
    """
    from . import job as jobs
    from . import weights

    has_rife = all(each.present for each in weights.available() if "rife" in each.enables)
    with _scratch_folder() as folder:
        keys = []
        for name, position in (("start.png", 0.3), ("end.png", 0.6)):
            keys.append(folder / name)
            keys[-1].write_bytes(images.encode(_disc(position), "png"))
        request = Request(
            str(keys[0]), str(keys[1]), str(folder / "out"), 1, "rife" if has_rife else "dissolve", device=device
        )
        began_s = time.monotonic()
        done = jobs.run(request, job, emit, is_cancelled)
        seconds = time.monotonic() - began_s
    label = methods.entry(done.method).label
    notes = [f"{label} made a frame of {SELF_TEST_SIZE[0]}×{SELF_TEST_SIZE[1]} on {done.device} in {seconds:.1f} s."]
    if not has_rife:
        notes.append("The models are not there yet; they are downloaded when they are first used.")
    return replace(done, notes=notes)


def _library(name: str) -> Finding:
    try:
        return Finding(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        missing = MissingPart(f"The engine's library {name} is missing.", "Install the engine again.")
        return Finding(name, "missing", missing)


def _disc(position: float) -> images.Array:
    """A bright disc on a dark ground, `position` of the way across; [3, H, W]."""
    width, height = SELF_TEST_SIZE
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - position * width) ** 2 + (rows - height / 2) ** 2 < (height / 5) ** 2
    return np.repeat(np.where(inside, 0.9, 0.2).astype(np.float32)[None], 3, axis=0)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder for one self-test; those that a killed engine left behind go first."""
    for left in Path(tempfile.gettempdir()).glob(_SCRATCH + "*"):
        with suppress(OSError):  # somebody else's, or gone already
            if time.time() - left.stat().st_mtime > _SCRATCH_AGE_S:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH) as folder:
        yield Path(folder)


def _ignore(message: Message) -> None:
    """Progress that nobody watches."""
