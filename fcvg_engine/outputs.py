"""The folder of one job: its lock, its frames (written whole or not at all) and its manifest.

`manifest.json` tells what made the frames, and is rewritten after each of them, so that a run that was cut off can
go on where it stopped::

    {"manifest": 1, "state": "running" | "done" | "cancelled" | "failed",
     "identity": {"engine": …, "count": …, "method": …, "timing": …, "hold": …, "seed": …, "format": …,
                  "start_sha256": …, "end_sha256": …, for generative methods "sampling": {…}, "conditions": {…}},
     "frames": [{"index": 1, "hold": 2, "file": "0001.png", "time": 0.25, "sha256": …}, …],
     "models": [{"name": …, "title": …, "licence": …, "commercial": …}, …],
     …further facts about the run: keys, size, method, reason, device, seed, notes, versions, seconds}

Two runs with the same identity make the same frames. A frame held for several has further files, hard links (copies
where the disk has none), so that `0001 … N` is a complete sequence.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import filelock

from .errors import BadRequest, DiskError, FcvgError, FolderBusy
from .timing import Drawing

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1
LOCK = ".fcvg.lock"
EXTENSIONS = {"png": "png", "png16": "png", "exr": "exr", "jpg": "jpg"}

_TEMPORARY = ".fcvg-tmp-"
_FRAME_NAME = re.compile(r"\d{4}\.(png|exr|jpg)")
# What plain pictures take at least: with less room than that the disk surely fills up on the way.
_LEAST_BYTES_PER_VALUE = {"png": 0.1, "png16": 0.2, "exr": 0.2, "jpg": 0.03}
_REPLACE_TRIES = 10
_REPLACE_WAIT_S = 0.05


class JobFolder:
    """A locked folder. `reused` drawings are there and verified, `missing` ones have to be made.

    `facts` are the manifest's entries beside state, identity and frames; those of an earlier run with the same
    identity are found there. Every method raises DiskError when the disk refuses.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], drawings: Sequence[Drawing], overwrite: bool) -> None:
        self.path = path
        self.facts: dict[str, Any] = {}
        self.reused: list[Drawing] = []
        self.missing: list[Drawing] = list(drawings)
        self._identity = dict(identity)
        self._frames: dict[int, dict[str, Any]] = {}
        self._extension = EXTENSIONS[identity["format"]]
        self._remove_leftovers()
        self._take_over(_load_manifest(path / MANIFEST), drawings, overwrite)
        self._write_manifest("running")

    def file_name(self, index: int) -> str:
        """The name of inbetween `index`, counted from 1."""
        return f"{index:04d}.{self._extension}"

    def check_space(self, width: int, height: int, channels: int) -> None:
        """Raises DiskError when the missing drawings cannot fit, before any work."""
        values = width * height * channels * len(self.missing)
        need_bytes = values * _LEAST_BYTES_PER_VALUE[self._identity["format"]]
        with disk_errors(self.path):
            free_bytes = shutil.disk_usage(self.path).free
        if need_bytes > free_bytes:
            raise DiskError(
                f"At least {need_bytes / 1e6:.0f} MB are needed in {self.path}, {free_bytes / 1e6:.0f} MB are free.",
                "Free some space or choose another output folder.",
            )

    def add(self, drawing: Drawing, data: bytes) -> str:
        """Writes a drawing and the frames that hold it, then the manifest; the drawing's file name."""
        name = self.file_name(drawing.index)
        write_atomic(self.path / name, data)
        self._frames[drawing.index] = {
            "index": drawing.index,
            "hold": drawing.hold,
            "file": name,
            "time": drawing.time,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        with disk_errors(self.path):
            self._hold(drawing)
        self._write_manifest("running")
        return name

    def finish(self, state: str) -> None:
        """Writes the last manifest; `state` is done, cancelled or failed."""
        self._write_manifest(state)

    def _remove_leftovers(self) -> None:
        for path in self.path.glob(_TEMPORARY + "*"):
            path.unlink(missing_ok=True)

    def _take_over(self, found: dict[str, Any], drawings: Sequence[Drawing], overwrite: bool) -> None:
        """Keeps what an earlier run with the same identity left, else refuses or clears the folder."""
        if found.get("identity") == self._identity and not overwrite:
            self.facts = {key: found[key] for key in found if key not in ("state", "identity", "frames", "manifest")}
            self.reused = [drawing for drawing in drawings if self._verify(drawing, found)]
            self.missing = [drawing for drawing in drawings if drawing not in self.reused]
            return
        present = [path for path in self.path.iterdir() if _FRAME_NAME.fullmatch(path.name)]
        if present and not overwrite:
            raise BadRequest(
                f"{self.path} already has frames that were made from other keys or settings.",
                "Choose another output folder, or --overwrite to replace them.",
            )
        for name in _recorded_names(found):  # files nobody recorded are not ours to remove
            (self.path / name).unlink(missing_ok=True)

    def _verify(self, drawing: Drawing, found: dict[str, Any]) -> bool:
        """Whether the drawing's file is what the manifest says; restores frames that hold it."""
        name = self.file_name(drawing.index)
        for record in found.get("frames", ()):
            if record == {
                "index": drawing.index,
                "hold": drawing.hold,
                "file": name,
                "time": drawing.time,
                "sha256": record.get("sha256"),
            }:
                path = self.path / name
                if path.is_file() and sha256_of(path) == record["sha256"]:
                    self._frames[drawing.index] = record
                    self._hold(drawing)
                    return True
        return False

    def _hold(self, drawing: Drawing) -> None:
        source = self.path / self.file_name(drawing.index)
        for index in range(drawing.index + 1, drawing.index + drawing.hold):
            _link(source, self.path / self.file_name(index))

    def _write_manifest(self, state: str) -> None:
        content = {
            "manifest": MANIFEST_VERSION,
            "state": state,
            "identity": self._identity,
            **self.facts,
            "frames": [self._frames[index] for index in sorted(self._frames)],
        }
        write_atomic(self.path / MANIFEST, json.dumps(content, indent=1).encode())


@contextmanager
def open_folder(
    path: Path, identity: Mapping[str, Any], drawings: Sequence[Drawing], overwrite: bool, keys: Sequence[Path]
) -> Iterator[JobFolder]:
    """The folder, made where it is missing, locked while the block runs and proven writable.

    `identity` holds all that decides how the frames look, `format` among it; `keys` may lie in the folder but not
    under a frame's name. Raises FolderBusy while another job has it, BadRequest when it holds frames made otherwise
    and `overwrite` is false, DiskError when it cannot be written.
    """
    with locked(path):
        with disk_errors(path):
            _protect_keys(path, keys)
            folder = JobFolder(path, identity, drawings, overwrite)
        yield folder


@contextmanager
def locked(path: Path) -> Iterator[Path]:
    """The folder `path`, made where it is missing and held against other jobs while the block runs.

    Raises FolderBusy while another job has it, DiskError when it cannot be made.
    """
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path / LOCK)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise FolderBusy(
                f"Another job is writing to {path}.", "Wait until it is done, or choose another output folder."
            ) from None
    try:
        yield path
    finally:
        lock.release()


def write_atomic(path: Path, data: bytes) -> None:
    """`data` under the name `path`: all of it, on the disk, or the file that was there before. Raises DiskError."""
    temporary = path.with_name(_TEMPORARY + path.name)
    with disk_errors(path.parent):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _replace(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """The file's SHA-256, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_matches(path: Path) -> str:
    """The same of an edited matches.json. Raises BadRequest."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise BadRequest(f"The matches cannot be read: {error}", "Check the path of the matches.json.") from error


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns the system's errors about the folder `path` into sentences."""
    try:
        yield
    except OSError as error:
        raise _explain(error, path) from error


def _explain(error: OSError, path: Path) -> FcvgError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskError(f"The disk is full: {path}", "Free some space and run again; finished frames are kept.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DiskError(f"{path} may not be written to.", "Choose another output folder, or change its permissions.")
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return DiskError(f"{path} is not a folder, or lies in something that is none.", "Choose an output folder.")
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
        return BadRequest(
            f"The output folder's name cannot be used: {str(path)[:80]}…", "Choose a shorter, plain name."
        )
    return DiskError(
        f"{path} cannot be written: {error.strerror or error}.", "Check that the folder and its disk are still there."
    )


def _protect_keys(path: Path, keys: Sequence[Path]) -> None:
    for key in keys:
        if _FRAME_NAME.fullmatch(key.name) and key.resolve().parent == path.resolve():
            raise BadRequest(
                f"The key {key.name} lies in the output folder under a name that inbetweens use.",
                "Choose another output folder.",
            )


def _load_manifest(path: Path) -> dict[str, Any]:
    """The manifest's content, {} where there is none that could be understood."""
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or content.get("manifest") != MANIFEST_VERSION:
        return {}
    frames = content.get("frames")
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        return {}
    return content


def _recorded_names(found: dict[str, Any]) -> Iterator[str]:
    """Names of all frames that a manifest lists, held ones included."""
    for record in found.get("frames", ()):
        index, hold, name = record.get("index"), record.get("hold"), str(record.get("file"))
        if type(index) is int and hold in (1, 2, 3) and _FRAME_NAME.fullmatch(name):
            yield from (f"{number:04d}{Path(name).suffix}" for number in range(index, index + hold))


def _link(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        return
    temporary = target.with_name(_TEMPORARY + target.name)
    try:
        temporary.hardlink_to(source)
    except OSError:  # some disks and network folders have no hard links
        write_atomic(target, source.read_bytes())
        return
    _replace(temporary, target)


def _replace(temporary: Path, path: Path) -> None:
    """Renames, durably. Windows refuses while a reader has the old file open: that takes a moment, not long."""
    for attempt in range(_REPLACE_TRIES):
        try:
            temporary.replace(path)
            break
        except PermissionError:
            if os.name != "nt" or attempt == _REPLACE_TRIES - 1:
                raise
            time.sleep(_REPLACE_WAIT_S)
    if os.name != "nt":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
