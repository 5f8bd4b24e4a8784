# SPDX-License-Identifier: GPL-3.0-or-later
"""The inbetweens before and after one that becomes a key: each part is the inbetweens of a gap of its own.

A part has takes of its own, for which it carries over the drawings that it shows. They lie in folders of their own,
because the time of a drawing counts from one key to the next.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from dataclasses import dataclass
from pathlib import Path

from .. import compat
from ..edit import gaps, lay_strip, strip_pictures, strip_takes, strips, take_files, take_folders
from ..engine import folder_record, manifest
from ..keys import key_fingerprint
from ..settings import strip_record
from ..settings.protocols import Scene, Strip, Take
from ..timing import exposure_sheet

Carried = dict[int, tuple[str, Path]]  # number of a take → the id and the folder that it gets in a part

_NEAREST = 1e-3  # to a key that a drawing's time may come
_APART = 1e-4  # drawings that would fall onto one time


@dataclass(frozen=True)
class Part:
    """Frames `begin` … `end - 1` of a strip, counted from 0, as the inbetweens of a gap of their own.

    `times` are those of its drawings, one each, between its own keys. `before`: the part ends at the new key, else it
    begins there.
    """

    begin: int
    end: int
    times: list[float]
    before: bool

    @property
    def count(self) -> int:
        """Its frames."""
        return self.end - self.begin

    def timing(self, hold: int) -> str | list[float]:
        """`times` as the engine takes them: by name where they are even."""
        even = exposure_sheet.frame_times(self.count, "linear", hold)[::hold]
        return "linear" if all(map(math.isclose, even, self.times)) else self.times


def beside(strip: Strip, first: int, last: int) -> list[Part]:
    """The parts of the strip before and after its frames `first` … `last`, counted from 0, which show one drawing.

    A part of which the strip shows nothing is left out.
    """
    times, hold, start = strip.fcvg.frame_times(), strip.fcvg.hold, round(compat.content_start(strip))
    middle = times[first]
    parts = []
    if start + first > compat.left(strip):
        parts.append(Part(0, first, _spread([time / middle for time in times[:first:hold]]), before=True))
    if start + last + 1 < compat.right(strip):
        later = [(time - middle) / (1 - middle) for time in times[last + 1 :: hold]]
        parts.append(Part(last + 1, strip.fcvg.count, _spread(later), before=False))
    return parts


def carry(scene: Scene, strip: Strip, part: Part, picture: Path, output_folder: str) -> Carried:
    """Make folders with what the takes of `strip` show on the frames of `part`; `picture` is the new key's.

    Raises OSError, DiskError.
    """
    carried = {}
    for take in strip_takes.all_of(strip.fcvg):
        take_id = uuid.uuid4().hex[:8]
        folder = take_folders.place(scene, strip.fcvg.key_start, take_id, output_folder)
        take_folders.make(folder)
        _carry_take(strip, take, part, picture, folder)
        carried[take.number] = take_id, folder
    return carried


def make(scene: Scene, strip: Strip, part: Part, key: Strip, carried: Carried) -> None:
    """Let a piece of inbetweens be the strip of `part`, with a record of its own; the strip `key` is its new key."""
    record = strip.fcvg
    record.count, record.timing = part.count, strip_record.timing_text(part.timing(record.hold))
    record.first = round(compat.content_start(strip))
    record.start_frame, record.end_frame = record.first - 1, record.first + part.count
    if part.before:
        record.key_end, record.key_end_id = key.name, key.fcvg.key
    else:
        record.key_start, record.key_start_id = key.name, key.fcvg.key
    # What was pushed for the whole strip cannot be taken back with a part of it.
    record.placement = gaps.GAP if record.placement == "PUSH" else record.placement
    record.pushed, record.pushed_markers, record.pushed_end = 0, False, False
    record.selected_before = record.active_before = record.stale = ""
    record.pinned = False
    fingerprint = key_fingerprint.of(scene, key, compat.left(key))
    for take in strip_takes.all_of(record):
        take.id, folder = carried[take.number]
        take.folder = folder.name
        if part.before:
            take.print_end = fingerprint
        else:
            take.print_start = fingerprint
        strip_pictures.settle(strip, take, folder)
    strips.set_folder(strip, carried[record.number][1])
    strip_takes.refresh(strip)
    strip.name = lay_strip.title("Inbetweens", gaps.of_strip(scene, strip))


def _spread(times: list[float]) -> list[float]:
    """The times moved into (0, 1), no two alike.

    On a chart that goes to and fro, times of a part may lie beyond its keys.
    """
    found: list[float] = []
    for time in times:
        inside = min(max(time, _NEAREST), 1 - _NEAREST)
        while any(abs(inside - other) < _APART for other in found):
            inside += _APART if inside < 0.5 else -_APART
        found.append(inside)
    return found


def _carry_take(strip: Strip, take: Take, part: Part, picture: Path, folder: Path) -> None:
    """Put the drawings, keys and manifest of a take for one part into `folder`, as the engine would have left them.

    Raises OSError.
    """
    record, source = strip.fcvg, take_folders.of_take(strip, take)
    written = take_files.read_manifest(source)
    listed = {entry["file"]: entry for entry in written.get("frames", ()) if isinstance(entry, dict)}
    drawings, keys = take_files.made(source) or (), take_files.key_files(take.format)
    shown = exposure_sheet.sheet(record.frame_times(), drawings, keys)[part.begin : part.end]
    frames = []
    for index, (time, file) in enumerate(zip(part.times, shown[:: record.hold], strict=True)):
        if file in listed:
            number = index * record.hold + 1
            name = manifest.frame_name(number, Path(file).suffix)
            _bring(source / file, folder, name)
            hold = min(record.hold, part.count - number + 1)
            frames.append({**listed[file], "index": number, "hold": hold, "file": name, "time": time})
    new_key = take_files.END if part.before else take_files.START
    old, new = keys if part.before else reversed(keys)
    _bring(source / old, folder, old)
    # The engine reads no JPEG as a key; with such a take another picture stands in, and no drawings can join it.
    fits = picture.suffix == take_files.suffix(take.format)
    _bring(picture if fits else source / old, folder, new)
    identity = {
        "count": part.count,
        "timing": part.timing(record.hold),
        "hold": record.hold,
        manifest.key_hash(take_files.side(new_key)): _sha256(picture) if fits else "",
    }
    folder_record.FolderRecord(folder).write(
        manifest.NAME, manifest.dumped(manifest.of_part(written, identity, frames))
    )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _bring(source: Path, folder: Path, name: str) -> None:
    """Copy a file into a part's folder. Without the file nothing happens. No hard link: whoever paints over the drawing
    would paint over the one that it was taken from. Raises OSError."""
    if source.is_file():
        folder_record.FolderRecord(folder).carry(source, name)
