# SPDX-License-Identifier: GPL-3.0-or-later
"""The output folder of one job: its lock, its frames (written whole or not at all) and its manifest.

A drawing that is held for several frames has a file for each of them, made as hard links (copies where the disk has
none), so that `0001 … N` is a complete sequence. See `shared.manifest` for what the manifest says.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock

from ..shared import manifest, whole_files
from ..shared.errors import BadRequest, DiskError, FolderBusy
from ..shared.methods import is_generative
from ..shared.timing import Drawing
from .atomic import TEMPORARY, disk_errors, write_atomic

MANIFEST = manifest.NAME
LOCK = ".fcvg.lock"
EXTENSIONS = {"png": "png", "png16": "png", "exr": "exr", "jpg": "jpg"}
_LARGEST_NUMBER = 9999
# What plain pictures take at least: with less room than that the disk surely fills up on the way.
_LEAST_BYTES_PER_VALUE = {"png": 0.1, "png16": 0.2, "exr": 0.2, "jpg": 0.03}


class JobFolder:
    """A locked folder.

    `reused`: drawings of the job's chart that are there and verified. `missing`: those that have to be made, one for
    each time. Both have the exact times of the files that show them. `first`: the chart that the folder was begun with.
    `facts`: the manifest's entries beside state, identity and frames; at first those of an earlier run. Every method
    raises DiskError when the disk refuses.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, Any],
        drawings: Sequence[Drawing],
        overwrite: bool = False,
        extend: bool = False,
    ) -> None:
        self.path = path
        self.facts: dict[str, Any] = {}
        self.first: list[Drawing] = list(drawings)
        self._identity = dict(identity)
        self._engine = identity.get("engine")
        self._records: dict[int, dict[str, Any]] = {}  # the manifest's frames by their number
        self._extension = EXTENSIONS[identity["format"]]
        self._remove_leftovers()
        self._take_over(manifest.load(path / MANIFEST), overwrite, extend)
        self._places = self._placed(drawings)  # the job's drawings → the folder's, whose index is the file's number
        there = {place for place in self._places.values() if self._verify(place)}
        self.reused = [drawing for drawing, place in self._places.items() if place in there]
        missing = {place: drawing for drawing, place in reversed(self._places.items()) if place not in there}
        self.missing = sorted(missing.values(), key=lambda drawing: drawing.index)
        self._write_manifest("running")

    @property
    def is_begun(self) -> bool:
        """Whether any drawing was ever made here."""
        return bool(self._records)

    def file_of(self, drawing: Drawing) -> str:
        """Return the name of the file that holds, or will hold, one of the job's drawings."""
        return self._file_name(self._places[drawing].index)

    def check_space(self, width: int, height: int, channels: int) -> None:
        """Raise DiskError, before any work, when the missing drawings cannot fit on the disk."""
        values = width * height * channels * len(self.missing)
        need_bytes = values * _LEAST_BYTES_PER_VALUE[self._identity["format"]]
        with disk_errors(self.path):
            free_bytes = shutil.disk_usage(self.path).free
        if need_bytes > free_bytes:
            raise DiskError(
                f"At least {need_bytes / 1e6:.0f} MB are needed in {self.path}, {free_bytes / 1e6:.0f} MB are free.",
                "Free some space or choose another output folder.",
            )

    def add(self, drawing: Drawing, data: bytes) -> list[Drawing]:
        """Write one of `missing`, whose image file has the content `data`, and the frames that hold it, then the
        manifest. Return the job's drawings that show it."""
        place = self._places[drawing]
        name = self._file_name(place.index)
        write_atomic(self.path / name, data)
        self._records[place.index] = {
            "index": place.index,
            "hold": place.hold,
            "file": name,
            "time": place.time,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        if self._engine != self._identity.get("engine"):
            self._records[place.index]["engine"] = self._engine
        with disk_errors(self.path):
            self._hold(place)
        self._write_manifest("running")
        return [each for each in self._places if self._places[each] == place]

    def finish(self, state: str) -> None:
        """Write the last manifest; `state` is done, cancelled or failed."""
        self._write_manifest(state)

    def _remove_leftovers(self) -> None:
        for path in self.path.glob(TEMPORARY + "*"):
            path.unlink(missing_ok=True)

    def _take_over(self, found: dict[str, Any], overwrite: bool, extend: bool) -> None:
        """Continue what an earlier run has left, clear the folder, or raise BadRequest."""
        if extend and found.get("frames"):
            self._join(found)
        elif overwrite or not manifest.is_same_work(found.get("identity"), self._identity):
            self._clear(found, overwrite)
            return
        else:
            self._identity = found["identity"]
        self.facts = {key: found[key] for key in found if key not in ("state", "identity", "frames", "manifest")}
        self._records = {record["index"]: record for record in manifest.drawings(found)}

    def _join(self, found: dict[str, Any]) -> None:
        """Take on the identity of what is there. Raises BadRequest when this job's drawings do not belong to it."""
        if not manifest.belong_together(found, self._identity):
            raise BadRequest(
                f"The drawings in {self.path} were made from other keys or settings: no more can be added to them.",
                "Make a new take, or choose another output folder.",
            )
        asked, self.first = self.first, manifest.chart(found, self.path)
        if is_generative(self._identity.get("method", "")) and not manifest.is_same_chart(asked, self.first):
            raise BadRequest(
                "This method draws all frames of a timing chart together: none can be added for another chart.",
                "Make a new take with the new timing, or choose another output folder.",
            )
        self._identity = found["identity"]

    def _clear(self, found: dict[str, Any], overwrite: bool) -> None:
        present = [path for path in self.path.iterdir() if manifest.FRAME_NAME.fullmatch(path.name)]
        if present and not overwrite:
            raise BadRequest(
                f"{self.path} already has frames that were made from other keys or settings.",
                "Choose another output folder, or --overwrite to replace them.",
            )
        for record in manifest.drawings(found):  # files nobody recorded are not ours to remove
            for number in range(record["index"], record["index"] + record["hold"]):
                (self.path / f"{number:04d}{Path(record['file']).suffix}").unlink(missing_ok=True)

    def _placed(self, drawings: Sequence[Drawing]) -> dict[Drawing, Drawing]:
        """Return the folder's drawing for each of `drawings`: the one with its time, else a new one. Raises
        BadRequest."""
        known = {each.index: each for each in self.first}
        for number, record in self._records.items():
            known[number] = Drawing(number, record["hold"], record["time"])
        free = max(each.index + each.hold for each in known.values())
        places: dict[Drawing, Drawing] = {}
        for drawing in drawings:
            own = known.get(drawing.index)  # comes first, since a chart may have a time twice
            place = next(
                (each for each in (own, *known.values()) if each and manifest.is_same_time(each, drawing)), None
            )
            if place is None:
                while (
                    self.path / self._file_name(free)
                ).exists():  # a file that somebody else has made is not replaced
                    free += 1
                if free > _LARGEST_NUMBER:
                    raise BadRequest(
                        f"There are {_LARGEST_NUMBER} drawings in {self.path}: no more can be added.",
                        "Make a new take, or choose another output folder.",
                    )
                place = known[free] = Drawing(free, 1, drawing.time)
                free += 1
            places[replace(drawing, time=place.time)] = place
        return places

    def _verify(self, place: Drawing) -> bool:
        """Whether the file is there and is what the manifest says. If so, restore the frames that hold it."""
        record = self._records.get(place.index)
        path = self.path / self._file_name(place.index)
        if not record or not path.is_file() or sha256_of(path) != record.get("sha256"):
            return False
        self._hold(place)
        return True

    def _hold(self, place: Drawing) -> None:
        source = self.path / self._file_name(place.index)
        for number in range(place.index + 1, place.index + place.hold):
            _link(source, self.path / self._file_name(number))

    def _file_name(self, number: int) -> str:
        return f"{number:04d}.{self._extension}"

    def _write_manifest(self, state: str) -> None:
        content = {
            "manifest": manifest.VERSION,
            "state": state,
            "identity": self._identity,
            **self.facts,
            "frames": [self._records[number] for number in sorted(self._records)],
        }
        write_atomic(self.path / MANIFEST, manifest.dumped(content))


@contextmanager
def open_folder(
    path: Path,
    identity: Mapping[str, Any],
    drawings: Sequence[Drawing],
    overwrite: bool,
    keys: Sequence[Path],
    extend: bool = False,
) -> Iterator[JobFolder]:
    """Lock the folder `path` while the block runs and give it as JobFolder. It is made where it is missing, and proven
    writable.

    `identity` holds all that decides how the frames look, with their `format`. `keys` may lie in the folder, but not
    under a frame's name. With `extend` the drawings join those of the same keys and settings that are there, even if
    those are of another chart or of another version of the engine. Raises FolderBusy while another job has the folder,
    BadRequest when it holds frames made otherwise and `overwrite` is false, DiskError when it cannot be written.
    """
    with locked(path):
        with disk_errors(path):
            _protect_keys(path, keys)
            folder = JobFolder(path, identity, drawings, overwrite, extend)
        yield folder


@contextmanager
def locked(path: Path) -> Iterator[Path]:
    """Keep other jobs out of the folder `path`, which is made where it is missing, while the block runs.

    Raises FolderBusy while another job has it, DiskError when it cannot be made. The lock is filelock's and not
    `shared.file_lock`'s, because earlier versions lock their folders with it.
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


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_matches(path: Path) -> str:
    """Return the SHA-256 of an edited matches.json, in hexadecimal. Raises BadRequest."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise BadRequest(f"The matches cannot be read: {error}", "Check the path of the matches.json.") from error


def _protect_keys(path: Path, keys: Sequence[Path]) -> None:
    for key in keys:
        if manifest.FRAME_NAME.fullmatch(key.name) and key.resolve().parent == path.resolve():
            raise BadRequest(
                f"The key {key.name} lies in the output folder under a name that inbetweens use.",
                "Choose another output folder.",
            )


def _link(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        return
    temporary = target.with_name(TEMPORARY + target.name)
    try:
        temporary.hardlink_to(source)
    except OSError:  # some disks and network folders have no hard links
        write_atomic(target, source.read_bytes())
        return
    whole_files.replace(temporary, target)
