# SPDX-License-Identifier: GPL-3.0-or-later
"""The output folder of one job: its lock, its frames (written whole or not at all) and its manifest.

A drawing that is held for several frames has a file for each of them, so that `0001 … N` is a complete sequence. They
are copies: whoever paints over one paints no other. See `shared.manifest` for what the manifest says.

Drawings that an artist has painted over, or has put there, are *yours*: they count as made and are never replaced,
unless a job is told to redo them. What it replaces then is put aside as `yours-0003.png`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..shared import amounts, file_records, folder_record, manifest, own_files, small_files
from ..shared.errors import BadImage, BadRequest, DiskError
from ..shared.folder_record import FolderRecord
from ..shared.methods import is_generative
from ..shared.timing import Drawing
from . import images
from .artists_files import is_picture, protect_keys, require_readable
from .atomic import disk_errors, in_the_way
from .folder_lock import locked

MANIFEST = manifest.NAME
EXTENSIONS = {"png": "png", "png16": "png", "exr": "exr", "jpg": "jpg"}
_LARGEST_NUMBER = 9999
_OURS, _YOURS, _MISSING = "ours", "yours", "missing"


class JobFolder:
    """A locked folder.

    `reused`: drawings of the job's chart that are there: verified, or the artist's own. `yours`: the latter. `missing`:
    those that have to be made, one for each time. All have the exact times of the files that show them. `first`: the
    chart that the folder was begun with. `facts`: the manifest's entries beside state, identity and frames; at first
    those of an earlier run. `put_aside`: the artist's files that had to make way, names with those that they have now.
    Every method raises DiskError when the disk refuses.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, Any],
        drawings: Sequence[Drawing],
        overwrite: bool = False,
        extend: bool = False,
        redo_yours: bool = False,
        writable: bool = True,
    ) -> None:
        self.path = path
        self.record = FolderRecord(path)
        self.facts: dict[str, Any] = {}
        self.first: list[Drawing] = list(drawings)
        self.put_aside: dict[str, str] = {}
        self._status = path.stat()
        self._manifests = file_records.AnyOf(file_records.Written(), file_records.Recognised(manifest.is_untouched))
        self._asked = self._identity = dict(identity)
        self._engine = identity.get("engine")
        self._drawn: dict[int, dict[str, Any]] = {}  # the manifest's frames by their number
        self._extension = EXTENSIONS[identity["format"]]
        self._may_replace: set[str] = set()  # names under which the artist has agreed to have drawings made anew
        self._overwrites = overwrite
        self._aside: set[str] = set()  # contents of what was put aside
        self._state = ""
        self._is_marked = False
        self._old: dict[str, Any] = {}
        self._take_over(self._found(), extend)
        self._places = self._placed(drawings)  # the job's drawings → the folder's, whose index is the file's number
        found = {place: self._look_at(place, redo_yours) for place in dict.fromkeys(self._places.values())}
        self.reused = [drawing for drawing, place in self._places.items() if found[place] != _MISSING]
        self.yours = [drawing for drawing, place in self._places.items() if found[place] == _YOURS]
        missing = {place: drawing for drawing, place in reversed(self._places.items()) if found[place] == _MISSING}
        self.missing = sorted(missing.values(), key=lambda drawing: drawing.index)
        if writable:
            self._begin(found)

    @property
    def is_begun(self) -> bool:
        """Whether any drawing was ever made here."""
        return bool(self._drawn)

    def file_of(self, drawing: Drawing) -> str:
        """Return the name of the file that holds, or will hold, one of the job's drawings."""
        return self._file_name(self._places[drawing].index)

    def check_keys(self, start: Path, end: Path) -> None:
        """Raise BadImage unless the keys' files are still those that the folder's identity names: what was read of them
        may else be something else than the manifest says."""
        for side, key in (("start", start), ("end", end)):
            if _digest(key) != self._asked.get(manifest.key_hash(side)):
                raise BadImage(f"{key} was changed while it was read.", "Run again when it is finished.")

    def check_space(self, keys: Sequence[images.Array]) -> None:
        """Raise DiskError, before any work, when the missing drawings cannot fit on the disk. They are taken to need
        half of what the smaller of the `keys` [C, H, W] takes."""
        with disk_errors(self.path):
            free_bytes = shutil.disk_usage(self.path).free
        if free_bytes > len(self.missing) * keys[0].nbytes:
            return
        least_bytes = min(len(images.encode(key, self._identity["format"])) for key in keys) // 2
        if free_bytes < len(self.missing) * least_bytes:
            needed, free = amounts.compared(len(self.missing) * least_bytes, free_bytes)
            raise DiskError(
                f"At least {needed} are needed in {self.path}, {free} are free.",
                "Free some space or choose another output folder.",
            )

    def add(self, drawing: Drawing, data: bytes) -> list[Drawing]:
        """Write one of `missing`, whose image file has the content `data`, and the frames that hold it, then the
        manifest. Return the job's drawings that show it.

        A file that somebody has put there meanwhile stays: it is theirs, and counts as the drawing.
        """
        place = self._places[drawing]
        name = self._file_name(place.index)
        self._check_folder()
        record = {"index": place.index, "hold": place.hold, "file": name, "time": place.time}
        with disk_errors(self.path):
            if name in self._may_replace and not self.record.may_write(name):
                self._put_aside(name)
            shown = [each for each in self._places if self._places[each] == place]
            try:
                record["sha256"] = self.record.write(name, data)
            except own_files.NotOurs:
                if not is_picture(self.path / name):
                    raise
                record |= {"sha256": "", "yours": True}
                self.yours += shown
            if self._engine != self._identity.get("engine"):
                record["engine"] = self._engine
            self._drawn[place.index] = record
            self._hold(place)
        self._write_manifest("running")
        return shown

    def check_whole(self) -> None:
        """Raise DiskError unless all drawings of the job are there, under their names, in the folder it began in."""
        self._check_folder()
        for place in self._places.values():
            for number in range(place.index, place.index + place.hold):
                if not (self.path / self._file_name(number)).is_file():
                    raise DiskError(
                        f"{self._file_name(number)} was taken out of {self.path} while frames were made.",
                        "Run again: only what is missing is made.",
                    )

    def finish(self, state: str) -> None:
        """Write the last manifest; `state` is done, cancelled or failed. Nothing is written where nothing was made in a
        folder that was done before."""
        if self.missing or self._is_marked or self._state != state:
            self._write_manifest(state)

    def _found(self) -> dict[str, Any]:
        """The manifest of an earlier run; {} without one that can be continued. Raises BadRequest for a file of
        somebody else's under its name, which is never replaced."""
        path = self.path / MANIFEST
        if not os.path.lexists(path):
            return {}
        status = file_records.Found(path)
        found = manifest.load(path) if status.is_plain else {}
        if not status.is_plain or (not found and manifest.is_somebody_elses(path)):
            raise in_the_way(path)
        return found

    def _begin(self, found: Mapping[Drawing, str]) -> None:
        """Write what can be written before any work: tidy up, complete held frames, begin the manifest."""
        with suppress(OSError):
            folder_record.delete_unfinished(self.path)
        if self._overwrites:
            self._clear()
        for place, state in found.items():
            if state != _MISSING:
                self._hold(place)
        if self.missing:
            self._write_manifest("running")

    def _take_over(self, found: dict[str, Any], extend: bool) -> None:
        """Continue what an earlier run has left, or raise BadRequest."""
        if extend and found.get("frames"):
            self._join(found)
        elif self._overwrites:
            self._old = found
            return
        elif not manifest.is_same_work(found.get("identity"), self._identity):
            self._refuse_foreign()
            return
        else:
            self._identity = found["identity"]
        self._state = str(found.get("state"))
        self.facts = {key: found[key] for key in found if key not in ("state", "identity", "frames", "manifest")}
        self._drawn = {record["index"]: record for record in manifest.drawings(found)}

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

    def _refuse_foreign(self) -> None:
        if any(manifest.FRAME_NAME.fullmatch(path.name) for path in self.path.iterdir()):
            raise BadRequest(
                f"{self.path} already has frames that were made from other keys or settings.",
                "Choose another output folder, or --overwrite to replace them.",
            )

    def _clear(self) -> None:
        """Delete the frames that an earlier run has recorded. Those that the artist has painted over are put aside;
        files nobody recorded stay, until a drawing needs their name."""
        for drawing in manifest.drawings(self._old):
            suffix, number = Path(drawing["file"]).suffix, drawing["index"]
            first, *held = (manifest.frame_name(number + more, suffix) for more in range(drawing["hold"]))
            for name in (first, *held):
                is_yours = name != first and self._is_last_of_yours(self.path / name, first)
                if is_yours or not self.record.delete(name):
                    self._put_aside(name)

    def _placed(self, drawings: Sequence[Drawing]) -> dict[Drawing, Drawing]:
        """Return the folder's drawing for each of `drawings`: the one with its time, else a new one. Raises
        BadRequest."""
        known = {each.index: each for each in self.first}
        for number, record in self._drawn.items():
            known[number] = Drawing(number, record["hold"], record["time"])
        free = max(each.index + each.hold for each in known.values())
        places: dict[Drawing, Drawing] = {}
        for drawing in drawings:
            own = known.get(drawing.index)  # comes first, since a chart may have a time twice
            place = next(
                (each for each in (own, *known.values()) if each and manifest.is_same_time(each, drawing)), None
            )
            if place is None:
                while os.path.lexists(self.path / self._file_name(free)):  # somebody else's file is not replaced
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

    def _look_at(self, place: Drawing, redo_yours: bool) -> str:
        """Whether the drawing is there as it was made, is the artist's, or is missing. Raises BadRequest where
        something that is no file has its name, and where it cannot be read: it may be a picture."""
        name = self._file_name(place.index)
        path = self.path / name
        if not os.path.lexists(path):
            return _MISSING
        for number in range(place.index, place.index + place.hold):
            each = self.path / self._file_name(number)
            if os.path.lexists(each) and not each.is_file():
                raise in_the_way(each)
        found, record = file_records.Found(path), self._drawn.get(place.index)
        if record and found.sha256 and found.sha256 == record.get("sha256"):
            self._mark(record, yours=False)
            return _OURS
        if self.record.knows(found) and not self._overwrites:  # written, but the program ended before it was recorded
            return _MISSING
        is_asked = redo_yours or self._overwrites
        if not is_asked:
            require_readable(found)
        if is_asked or not is_picture(path):
            self._may_replace.add(name)
            return _MISSING
        if record is None:
            record = {"index": place.index, "hold": place.hold, "file": name, "time": place.time, "sha256": ""}
            self._drawn[place.index] = record
        self._mark(record, yours=True)
        return _YOURS

    def _mark(self, record: dict[str, Any], yours: bool) -> None:
        if record.get("yours", False) != yours:
            self._is_marked = True
            record.pop("yours", None)
            record.update({"yours": True} if yours else {})

    def _hold(self, place: Drawing) -> None:
        """Let the frames that hold a drawing show it. A file of somebody else's among them stays."""
        source = self.path / self._file_name(place.index)
        shown = file_records.Found(source).sha256
        for number in range(place.index + 1, place.index + place.hold):
            path = self.path / self._file_name(number)
            if path.name in self._may_replace and not self.record.may_write(path.name):
                self._put_aside(path.name)
            # Versions before made them hard links, so that painting over one was painting over both.
            if not os.path.lexists(path) or (
                self.record.may_write(path.name) and (file_records.Found(path).sha256 != shown or path.samefile(source))
            ):
                is_ours = self.record.knows(file_records.Found(source))  # else it was painted further
                if is_ours and self._is_last_of_yours(path, source.name):
                    self._put_aside(path.name)
                self.record.copy(source, path.name)

    def _is_last_of_yours(self, held: Path, first: str) -> bool:
        """Whether a frame that holds the drawing `first` is a copy of what the artist had painted, and has not been put
        aside: we have made the copy, but never such a drawing."""
        if not os.path.lexists(held):
            return False
        shown = file_records.Found(held).sha256
        return shown not in self._aside and not self.record.has_written(first, shown)

    def _put_aside(self, name: str) -> None:
        self._aside.add(file_records.Found(self.path / name).sha256)
        self.put_aside[name] = own_files.put_aside(self.path / name).name

    def _check_folder(self) -> None:
        with disk_errors(self.path):
            is_same = os.path.samestat(self.path.stat(), self._status)
        if not is_same:
            raise DiskError(
                f"{self.path} is another folder than when the job began.",
                "Put the folder back, or run again: what is missing is made.",
            )

    def _file_name(self, number: int) -> str:
        return f"{number:04d}.{self._extension}"

    def _write_manifest(self, state: str) -> None:
        content = {
            "manifest": manifest.VERSION,
            "state": state,
            "identity": self._identity,
            **self.facts,
            "frames": [self._drawn[number] for number in sorted(self._drawn)],
        }
        self._check_folder()
        path = self.path / MANIFEST
        with disk_errors(self.path):
            if manifest.is_spoilt(path):
                self._put_aside(MANIFEST)
            own_files.write(path, manifest.dumped(content), self._manifests, folder_record.unfinished_name(MANIFEST))


@contextmanager
def open_folder(
    path: Path,
    identity: Mapping[str, Any],
    drawings: Sequence[Drawing],
    overwrite: bool,
    keys: Sequence[Path],
    extend: bool = False,
    redo_yours: bool = False,
) -> Iterator[JobFolder]:
    """Lock the folder `path` while the block runs and give it as JobFolder. It is made where it is missing, and proven
    writable unless all is there.

    `identity` holds all that decides how the frames look, with their `format`. `keys` may lie in the folder, but not
    under a frame's name. With `extend` the drawings join those of the same keys and settings that are there, even if
    those are of another chart or of another version of the engine. With `redo_yours` drawings that the artist has
    painted over are put aside and made anew. Raises FolderBusy while another job has the folder, BadRequest when it
    holds frames made otherwise and `overwrite` is false or files of somebody else's are in the way, DiskError when it
    cannot be written.
    """
    with ExitStack() as stack:
        refusal = None
        try:
            stack.enter_context(locked(path))
        except DiskError as error:
            if not (path / MANIFEST).is_file():
                raise
            refusal = error
        with disk_errors(path):
            protect_keys(path, keys)
            folder = JobFolder(path, identity, drawings, overwrite, extend, redo_yours, writable=refusal is None)
        if refusal is not None and folder.missing:
            raise refusal
        yield folder


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256, in hexadecimal. Raises OSError."""
    with small_files.open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(path: Path) -> str:
    with suppress(OSError):
        return sha256_of(path)
    return ""
