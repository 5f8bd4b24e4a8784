"""An inbetween becomes a key of the artist's own: its picture is copied out, and its strip is cut in three around it.

The picture in the middle is an artist's strip from then on, to be painted over in any program. The parts beside it have
gaps and takes of their own. They carry over the drawings that they show, in folders of their own, because a drawing's
time counts from one key to the next. A drawing that is held becomes a key for as long as it is held.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import shutil
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import gaps, strip_takes, strips, take_files, take_folders
from ..engine import errors, protocol
from ..i18n.translate import rpt
from ..keys import key_fingerprint
from ..settings import strip_record
from ..settings.addon_choices import Choices
from ..timing import exposure
from . import requests

KEYS = "//keys"

_NEAREST = 1e-3  # to a key that a drawing's time may come
_APART = 1e-4  # drawings that would fall onto one time
_OF_ALL_FRAMES = ("keys", "breakdown")  # what a manifest says that does not hold for a part


@dataclass(frozen=True)
class _Part:
    """Frames `begin` … `end - 1` of a strip, counted from 0, as the inbetweens of a gap of their own.

    `times` are those of its drawings, one each, between its own keys. `before`: the part ends at the new key.
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
        even = exposure.frame_times(self.count, "linear", hold)[::hold]
        return "linear" if all(map(math.isclose, even, self.times)) else self.times


def check(scene: Any, strip: Any, frame: int) -> None:
    """Raise BadRequest where the inbetween that `strip` shows on `frame` cannot become a key."""
    record = strip.fcvg
    if not compat.left(strip) <= frame < compat.right(strip) or not 0 <= _index(strip, frame) < record.count:
        raise errors.BadRequest(
            rpt("The playhead is on frame {frame}; these inbetweens cover {first}–{last}.").format(
                frame=frame, first=compat.left(strip), last=compat.right(strip) - 1
            ),
            "Move the playhead onto the inbetween that is to become a key.",
        )
    if any(take.state in strip_record.UNFINISHED for take in strip_takes.all_of(record)):
        raise errors.BadRequest(
            "These inbetweens are still being made.", "Wait until they are finished, or cancel what is being made."
        )
    if strip.lock or compat.home(scene, strip).channels[strip.channel].lock:
        raise errors.BadRequest("The strip is locked.", "Unlock the strip and its channel.")
    if len(strips.find_all(record.id)) > 1:
        raise errors.BadRequest(
            "These inbetweens are in the edit more than once.", "Remove the copy, or join what was cut."
        )
    retimed = len(getattr(strip, "retiming_keys", ())) or strip.use_reverse_frames or strip.strobe > 1.0
    if retimed or not len(strip.elements) == compat.content_length(strip) == record.count:
        raise errors.BadRequest(
            "The strip is reversed, retimed or shortened by Blender's own tools.",
            "Take that back, or put the strip into a meta strip and do it there.",
        )


def promote(scene: Any, strip: Any, frame: int, choices: Choices) -> tuple[list[Any], protocol.Request]:
    """Let the inbetween on `frame` become a key. The strips in the gaps beside it, and what their next takes are to be.

    The strips show the drawings that were there. The key is the only selected and the active strip then. Raises
    BadRequest as `check` does, LicenceRefused, and DiskError; the edit is unchanged then.
    """
    check(scene, strip, frame)
    record, index, start = strip.fcvg, _index(strip, frame), round(compat.content_start(strip))
    request = requests.remembered(record, record, strips.folder(strip), choices)
    picture = strips.folder(strip) / strip.elements[index].filename
    if picture.stem in (exposure.START, exposure.END) or not picture.is_file():
        raise errors.BadRequest(
            rpt("The drawing of frame {frame} is not there.").format(frame=frame), "Make the missing drawings first."
        )
    times = _frame_times(record)
    first, last = _held(times, index)
    parts = []
    if start + first > compat.left(strip):
        parts.append(_Part(0, first, _spread([time / times[index] for time in times[: first : record.hold]]), True))
    if start + last + 1 < compat.right(strip):
        later = [(time - times[index]) / (1 - times[index]) for time in times[last + 1 :: record.hold]]
        parts.append(_Part(last + 1, record.count, _spread(later), False))
    try:
        key_file = _copy_out(scene, strip, frame, picture)
        carried = [_carry_all(scene, strip, part, picture, choices) for part in parts]
    except OSError as error:
        raise errors.DiskError(
            rpt("The drawings could not be copied: {reason}.").format(reason=error.strerror or error),
            "See whether the disk is full.",
        ) from error

    pieces, middle = [], strip
    if parts and parts[0].before:
        middle = compat.split(strip, start + first)
        pieces.append(strip)
    if parts and not parts[-1].before:
        pieces.append(compat.split(middle, start + last + 1))
    for piece in (*pieces, middle):
        compat.drop_hidden(piece)
    _make_key(scene, middle, frame, key_file)
    for piece, part, folder_of in zip(pieces, parts, carried, strict=True):
        _make_gap(scene, piece, part, middle, folder_of)
    _select_only(scene, middle)
    decided = replace(request, refuse_cuts=False)  # an inbetween is of the same shot as its keys
    return pieces, decided


def bring_along(filepath: str) -> None:
    """Before a file is saved for the first time: copy its promoted keys beside it and let their strips show the copies.

    To be called by a `save_pre` handler with the path it gets. What cannot be copied stays where it is.
    """
    if not filepath:  # Blender saves its startup file
        return
    beside = Path(filepath).parent / KEYS.removeprefix("//")
    every: list[Any] = list(bpy.data.scenes)
    for scene in every:
        for strip in compat.all_strips(scene) if scene.library is None else ():
            if strip.fcvg.promoted and strip.type == "IMAGE" and strips.folder(strip) == _unsaved_keys():
                with suppress(OSError, errors.DiskError):
                    _show_file(strip, _copy(strips.folder(strip) / strip.elements[0].filename, beside))


def _index(strip: Any, frame: int) -> int:
    """Which of its inbetweens the strip shows on `frame`, counted from 0."""
    return frame - round(compat.content_start(strip))


def _frame_times(record: Any) -> list[float]:
    timing = exposure.refitted(record.engine_timing(), record.count, record.hold)
    return exposure.frame_times(record.count, timing, record.hold)


def _held(times: list[float], index: int) -> tuple[int, int]:
    """The first and the last of the frames around `index` that show the same drawing."""
    first = last = index
    while first > 0 and times[first - 1] == times[index]:
        first -= 1
    while last + 1 < len(times) and times[last + 1] == times[index]:
        last += 1
    return first, last


def _spread(times: list[float]) -> list[float]:
    """Times in (0, 1), no two alike: a chart that goes to and fro leads out of the gap that is left of it."""
    found: list[float] = []
    for time in times:
        inside = min(max(time, _NEAREST), 1 - _NEAREST)
        while any(abs(inside - other) < _APART for other in found):
            inside += _APART if inside < 0.5 else -_APART
        found.append(inside)
    return found


def _copy_out(scene: Any, strip: Any, frame: int, picture: Path) -> Path:
    """The picture as a file of the artist's own, beside the blend file once there is one. Raises OSError."""
    folder = Path(bpy.path.abspath(KEYS)) if bpy.data.filepath else _unsaved_keys()
    name = f"{take_folders.safe_name(scene.name)}_{take_folders.safe_name(strip.name)}_{frame}{picture.suffix}"
    return _copy(picture, folder, name)


def _unsaved_keys() -> Path:
    return take_folders.unsaved_root().with_name("keys")


def _copy(picture: Path, folder: Path, name: str = "") -> Path:
    """Copy a file into `folder`, under its own or another name, and never over another file. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = Path(name or picture.name)
    for number in itertools.count(1):
        target = folder / (wanted.name if number == 1 else f"{wanted.stem}_{number}{wanted.suffix}")
        with suppress(FileExistsError), target.open("xb") as copy, picture.open("rb") as original:
            shutil.copyfileobj(original, copy)
            break
    return target


def _carry_all(scene: Any, strip: Any, part: _Part, picture: Path, choices: Choices) -> dict[int, tuple[str, Path]]:
    """Folders with what the takes of `strip` show on the frames of `part`: take number → new id, folder.

    Raises OSError, DiskError.
    """
    carried = {}
    for take in strip_takes.all_of(strip.fcvg):
        take_id = uuid.uuid4().hex[:8]
        folder = take_folders.place(scene, strip.fcvg.key_start, take_id, choices.output_folder)
        take_folders.make(folder)
        _carry(strip, take, part, picture, folder)
        carried[int(take.number)] = take_id, folder
    return carried


def _carry(strip: Any, take: Any, part: _Part, picture: Path, folder: Path) -> None:
    """Drawings, keys and manifest of a take for one part, as the engine would have left them. Raises OSError."""
    record, source = strip.fcvg, take_folders.of_take(strip, take)
    manifest, suffix = exposure.manifest(source), take_files.suffix(take.format)
    listed = {entry["file"]: entry for entry in manifest.get("frames", ()) if isinstance(entry, dict)}
    shown = exposure.sheet(_frame_times(record), exposure.made(source) or (), suffix)[part.begin : part.end]
    frames = []
    for index, (time, file) in enumerate(zip(part.times, shown[:: record.hold], strict=True)):
        if file in listed:
            number = index * record.hold + 1
            name = f"{number:04d}{Path(file).suffix}"
            _link(source / file, folder / name)
            hold = min(record.hold, part.count - number + 1)
            frames.append({**listed[file], "index": number, "hold": hold, "file": name, "time": time})
    old, new = (exposure.START, exposure.END) if part.before else (exposure.END, exposure.START)
    _link(source / (old + suffix), folder / (old + suffix))
    # The engine reads no JPEG as a key; with such a take another picture stands in, and no drawings can join it.
    fits = picture.suffix == suffix
    _link(picture if fits else source / (old + suffix), folder / (new + suffix))
    digest = hashlib.sha256(picture.read_bytes()).hexdigest() if fits else ""
    identity = {
        **manifest.get("identity", {}),
        "count": part.count,
        "timing": part.timing(record.hold),
        "hold": record.hold,
        f"{new.removeprefix('key_')}_sha256": digest,
    }
    kept = {key: manifest[key] for key in manifest if key not in _OF_ALL_FRAMES}
    content = json.dumps({**kept, "identity": identity, "frames": frames}, indent=1)
    (folder / exposure.MANIFEST).write_text(content, encoding="utf-8")


def _link(source: Path, target: Path) -> None:
    """Another name for the same file, a copy where the disk has no such thing. Raises OSError."""
    try:
        os.link(source, target)
    except OSError:
        if source.is_file():
            shutil.copyfile(source, target)


def _make_key(scene: Any, strip: Any, frame: int, file: Path) -> None:
    """A piece of inbetweens as a strip of the artist's own that shows `file`."""
    strip.property_unset("fcvg")
    strip.fcvg.key, strip.fcvg.promoted = uuid.uuid4().hex[:8], True
    strip.name = f"Key {frame}"
    if strip.color_tag == strips.COLOUR_TAG:
        strip.color_tag = "NONE"
    _show_file(strip, file)


def _show_file(strip: Any, file: Path) -> None:
    strips.set_folder(strip, file.parent)
    for element in strip.elements:
        element.filename = file.name


def _make_gap(scene: Any, strip: Any, part: _Part, key: Any, carried: dict[int, tuple[str, Path]]) -> None:
    """A piece of inbetweens with a record of its own, one of its keys being the new one."""
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
    print_of_key = key_fingerprint.of(scene, key, compat.left(key))
    for take in strip_takes.all_of(record):
        take.id, folder = carried[int(take.number)]
        take.folder = folder.name
        if part.before:
            take.print_end = print_of_key
        else:
            take.print_start = print_of_key
        strips.settle(strip, take, folder)
    strips.set_folder(strip, carried[int(record.number)][1])
    strips.show(strip, exposure.made(strips.folder(strip)) or [])
    strip.name = strips.title("Inbetweens", gaps.of_strip(scene, strip))


def _select_only(scene: Any, strip: Any) -> None:
    for each in compat.strips(scene):
        each.select = each == strip
    scene.sequence_editor.active_strip = strip
