"""Strips of inbetweens in the edit: insert, find again, show new frames, bring up to date, remove.

The strips that show conditions over the edit (`overlay`) are found and removed in the same way. What a strip has more
than one of, `takes` knows.

A strip is found by the id in its record, never by its name or a kept reference: undo, loading and the artist replace
strips at any time. Splitting and duplicating copy the record, so several strips may have one id; all of them show
the same frames.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..engine import errors, methods, protocol
from ..i18n.translate import rpt
from ..settings import generative, strip_record
from ..timing import exposure
from . import gaps, placeholder, take_files

COLOUR_TAG = "COLOR_04"

LONGEST_DIRECTORY_BYTES = 767  # Blender cuts off what is longer

_NAME_LETTERS = 20  # of each key in a strip's name; Blender cuts names at 63 bytes


def insert(scene: Any, shot: gaps.Shot, folder: Path, take_id: str, request: protocol.Request) -> Any:
    """Lay a strip of inbetweens into the edit and return it; it becomes the only selected and the active one.

    Its one take, `take_id`, is WAITING; of `folder` it shows the placeholder until there is more. With placement PUSH
    later strips, and markers where the scene's settings say so, make room first. Raises ShotProblem when the edit
    cannot be pushed, DiskError when the folder's path is too long for Blender; the edit is unchanged then.
    """
    strip_directory(folder)
    pushing = shot.placement == "PUSH"
    for each in gaps.to_push(scene, shot.first) if pushing else ():
        _move(each, shot.count)
    files = [placeholder.FILE] * shot.count
    strip = new_strip(scene, title("Inbetweens", shot), folder, files, shot.channel, shot.first)
    keys = tuple(compat.strips(scene)[name] for name in (shot.start_strip, shot.end_strip))
    set_pixels(strip, request.format)
    _mix_as(strip, *keys)
    record = strip.fcvg
    remember_gap(record, shot, request)
    record.key_start_id, record.key_end_id = (_key_id(key) for key in keys)
    remember_take(record, request, take_id, folder)
    show(strip, [])
    if pushing:
        _push_the_rest(scene, shot, record)
    _select_only(scene, strip)
    return strip


def title(what: str, shot: gaps.Shot) -> str:
    """The name of a strip that is made of the two strips of `shot`."""
    return f"{what} {shot.start_strip:.{_NAME_LETTERS}} – {shot.end_strip:.{_NAME_LETTERS}}"


def new_strip(scene: Any, name: str, folder: Path, files: list[str], channel: int, first: int) -> Any:
    """An image strip that shows `files` of `folder`, one a frame from `first` on; they need not exist yet, the
    placeholder has to."""
    strip = compat.strips(scene).new_image(
        name=name,
        filepath=str(folder / placeholder.FILE),  # whatever is shown: Blender reads it here to note the size
        channel=channel,
        frame_start=first,
        fit_method="ORIGINAL",
    )
    strip.directory = strip_directory(folder)
    strip.elements[0].filename = files[0]
    for file in files[1:]:
        strip.elements.append(file)
    return strip


def ours() -> Iterator[tuple[Any, Any]]:
    """Every strip of inbetweens with its scene, in all scenes and meta strips of the file."""
    for scene in bpy.data.scenes:
        if scene.library is None:
            for strip in compat.all_strips(scene):
                if strip.type == "IMAGE" and strip.fcvg.id:
                    yield scene, strip


def find_all(strip_id: str) -> list[tuple[Any, Any]]:
    """Every strip with this id, with its scene: more than one after splitting or duplicating."""
    return [(scene, strip) for scene, strip in ours() if strip.fcvg.id == strip_id]


def find(strip_id: str) -> tuple[Any, Any] | None:
    """One strip with this id and its scene, or None when the artist has deleted it."""
    return next(iter(find_all(strip_id)), None)


def folder(strip: Any) -> Path:
    """Where the strip's keys and frames lie, absolute."""
    return Path(os.path.normpath(bpy.path.abspath(strip.directory)))


def set_folder(strip: Any, path: Path) -> None:
    """Let the strip show the files in `path`. Raises DiskError when the path is longer than Blender can hold."""
    strip.directory = strip_directory(path)


def show(strip: Any, drawings: list[exposure.Drawing]) -> None:
    """Let each frame of the strip show the nearest of the drawings made, or nothing while there are not even keys."""
    record = strip.fcvg
    times = _times(record.count, record.engine_timing(), record.hold)
    suffix = take_files.suffix(record.format)
    is_begun = bool(drawings) or exposure.has_keys(folder(strip), suffix)
    files = exposure.sheet(times, drawings, suffix) if is_begun else [placeholder.FILE] * len(times)
    set_files(strip, dict(enumerate(files, 1)))
    record.made = exposure.exact(times, drawings)
    record.missing = strip_record.timing_text(exposure.missing(times, drawings))


def shows_something(strip: Any) -> bool:
    """Whether the pictures of a strip are there: drawings were made, or each of its files is on disk."""
    path = folder(strip)
    return bool(strip.fcvg.made) or all((path / file).is_file() for file in {each.filename for each in strip.elements})


def set_files(strip: Any, files: dict[int, str]) -> None:
    """Set the file of each frame in `files` (numbers from 1)."""
    elements = strip.elements
    for number, file in files.items():
        if number <= len(elements) and elements[number - 1].filename != file:
            elements[number - 1].filename = file  # Blender drops the picture it had cached


def in_the_way(scene: Any, strip: Any, first: int, count: int) -> Any:
    """What keeps the strip from covering the `count` frames from `first` on: another on its channel, None without."""
    beside = compat.contents(compat.home(scene, strip))
    others = (other for other in beside if other != strip and other.channel == strip.channel)
    return next((each for each in others if compat.left(each) < first + count and compat.right(each) > first), None)


def resize(strip: Any, first: int, count: int) -> None:
    """Let the strip cover the `count` frames from `first` on, one element each, whatever trimmed it before.

    What the new elements show, `show` says. The frames must be free on the strip's channel.
    """
    elements = strip.elements
    while len(elements) > count:
        elements.pop(len(elements) - 1)
    while len(elements) < count:
        elements.append(elements[-1].filename)
    channel = strip.channel
    compat.untrim(strip)
    compat.shift(strip, first - compat.left(strip))
    strip.channel = channel  # Blender moves it away where it is too long for the place that it comes from
    record = strip.fcvg
    if len(record.timing) and record.timing not in protocol.TIMINGS:
        record.timing = strip_record.timing_text(exposure.refitted(record.engine_timing(), count, record.hold))
    record.count, record.first = count, first
    record.start_frame, record.end_frame = first - 1, first + count


def set_pixels(strip: Any, file_format: str) -> None:
    """Let Blender take the pixels of files in `file_format` as the engine wrote them."""
    name = compat.LINEAR if file_format == "exr" else compat.SRGB
    with suppress(TypeError):  # other colour configurations have other names; Blender has guessed then
        strip.colorspace_settings.name = name
    strip.alpha_mode = "PREMUL" if file_format == "exr" else "STRAIGHT"


def count_made(record: Any, drawings: list[exposure.Drawing]) -> int:
    """How many frames of the strip would have a drawing of their own time."""
    return exposure.exact(_times(record.count, record.engine_timing(), record.hold), drawings)


def sync(strip: Any) -> None:
    """Show the drawings that are on disk, whatever the strip showed before, and say in its record what is there.

    For after undo and loading. RUNNING stays while some are missing, because only the caller knows whether the job
    still runs. A strip whose folder is out of reach (a removed disk) stays as it is.
    """
    record, path = strip.fcvg, folder(strip)
    drawings = exposure.made(path)
    if drawings is None:
        return
    show(strip, drawings)
    if record.made == record.count:
        record.state = strip_record.DONE
    elif record.state == strip_record.DONE:
        settle(strip, record, path)
    if record.state not in strip_record.UNFINISHED:
        note_manifest(record, path)


def settle(strip: Any, take: Any, path: Path) -> None:
    """DONE or INCOMPLETE for a take of the strip that is not being made any more, by what there is in its folder.

    Methods that draw all frames together have done what they can once they are done, however the strip is timed.
    """
    record = strip.fcvg
    drawings = exposure.made(path)
    if drawings is None:
        take.state = strip_record.INCOMPLETE
        return
    take.made = count_made(record, drawings)
    whole = methods.is_generative(take.method) and exposure.manifest(path).get("state") == "done"
    take.state = strip_record.DONE if whole or take.made == record.count else strip_record.INCOMPLETE


def note_manifest(take: Any, path: Path) -> None:
    """Write into a take what the engine has written down about it in `path`."""
    manifest = exposure.manifest(path)
    take.method_used = str(manifest.get("method", take.method_used))
    take.notes = " ".join(map(str, manifest.get("notes", [take.notes])))
    take.models = json.dumps(manifest["models"]) if manifest.get("models") else take.models
    take.engine_version = str(manifest.get("identity", {}).get("engine", take.engine_version))


def remove(strip_id: str) -> bool:
    """Take every strip with this id out of the edit; whether there was one. The files stay.

    Undoes `insert`: what was pushed moves back, unless the artist has put something into the room in between.
    """
    found = find_all(strip_id)
    for scene, strip in found:
        home = compat.home(scene, strip)
        trace = _Trace.of(strip)
        strip.invalidate_cache("RAW")  # stops Blender's prefetching, which would go on reading the strip in a thread
        compat.contents(home).remove(strip)
        if trace.in_place and trace.pushed and _pull_back(home, trace):
            if trace.pushed_markers:
                _shift_markers(scene, trace.first + trace.pushed, -trace.pushed)
            if trace.pushed_end:
                scene.frame_end -= trace.pushed
        if trace.selected:
            _select_again(scene, trace)
    return bool(found)


@dataclass(frozen=True)
class _Trace:
    """What is needed of a strip after it is gone."""

    first: int
    in_place: bool
    pushed: int
    pushed_markers: bool
    pushed_end: bool
    selected: bool
    selected_before: frozenset[str]
    active_before: str

    @classmethod
    def of(cls, strip: Any) -> _Trace:
        record = strip.fcvg
        return cls(
            first=record.first,
            in_place=(compat.left(strip), compat.right(strip)) == (record.first, record.first + record.count),
            pushed=record.pushed,
            pushed_markers=record.pushed_markers,
            pushed_end=record.pushed_end,
            selected=strip.select,
            selected_before=frozenset(record.selected_before.split("\n")),
            active_before=record.active_before,
        )


def strip_directory(path: Path) -> str:
    """`path` as a strip has it: relative to the blend file once there is one.

    Raises DiskError when it is longer than Blender can hold.
    """
    text = f"{path}{os.sep}"
    if bpy.data.filepath:
        with suppress(ValueError):  # another drive on Windows
            text = bpy.path.relpath(str(path)).replace("\\", "/") + "/"
    if len(text.encode()) > LONGEST_DIRECTORY_BYTES:
        raise errors.DiskError(
            rpt("The path of the folder for the frames is too long for Blender: {path}…").format(path=text[:80]),
            "Save the blend file in a folder with a shorter path.",
        )
    return text


def remember_gap(record: Any, shot: gaps.Shot, request: protocol.Request) -> None:
    """Write into a strip's record between which keys it lies and how it is timed."""
    record.count = shot.count
    record.timing = strip_record.timing_text(request.timing)
    record.hold = request.hold
    record.key_start, record.key_end = shot.start_strip, shot.end_strip
    record.start_frame = shot.start_frame
    record.end_frame = shot.last + 1
    record.placement = shot.placement
    record.first = shot.first


def remember_take(take: Any, request: protocol.Request, take_id: str, folder: Path) -> None:
    """Write into a take what it is asked for; it waits."""
    take.id = take_id
    take.state = strip_record.WAITING
    take.folder = folder.name
    take.method = request.method
    take.seed = request.seed
    take.format = request.format
    take.generation = generative.remembered(request)
    take.matches = request.conditions.matches
    take.cuts_allowed = not request.refuse_cuts


def _key_id(strip: Any) -> str:
    """The id by which inbetweens find this strip of the artist's, given to it now if it has none."""
    if not strip.fcvg.key:
        strip.fcvg.key = uuid.uuid4().hex[:8]
    return str(strip.fcvg.key)


def _times(count: int, timing: str | list[float], hold: int) -> list[float]:
    return exposure.frame_times(count, exposure.refitted(timing, count, hold), hold)


def _mix_as(strip: Any, *keys: Any) -> None:
    """Mixed with what lies below as the keys are."""
    blends = {key.blend_type for key in keys}
    strip.blend_type = blends.pop() if len(blends) == 1 else "ALPHA_OVER"
    strip.color_tag = COLOUR_TAG


def _push_the_rest(scene: Any, shot: gaps.Shot, record: Any) -> None:
    """Markers, and the end of the scene where it lay after the cut. Inside a meta strip neither is concerned."""
    record.pushed = shot.count
    if compat.level(scene) != scene.sequence_editor:
        return
    if scene.fcvg.push_markers:
        record.pushed_markers = True
        _shift_markers(scene, shot.first, shot.count)
    if scene.frame_end >= shot.first:
        record.pushed_end = True
        scene.frame_end += shot.count


def _shift_markers(scene: Any, first: int, frames: int) -> None:
    for marker in scene.timeline_markers:
        if marker.frame >= first:
            marker.frame += frames


def _pull_back(home: Any, trace: _Trace) -> bool:
    """Close the room that was made, if nothing is in the way; whether it was closed."""
    everything = list(compat.contents(home))
    resume = trace.first + trace.pushed
    moving = [strip for strip in everything if compat.left(strip) >= resume]
    names = {strip.name for strip in moving}
    staying = [strip for strip in everything if strip.name not in names]
    if any(compat.left(strip) >= trace.first for strip in staying):
        return False
    if any(strip.lock or home.channels[strip.channel].lock for strip in moving):
        return False
    for strip in everything:
        sources = {source.name in names for source in compat.inputs(strip)}
        if len(sources) > 1:
            return False
    for channel in {strip.channel for strip in moving}:
        landing = min(compat.left(strip) for strip in moving if strip.channel == channel) - trace.pushed
        if any(compat.right(strip) > landing for strip in staying if strip.channel == channel):
            return False
    for strip in sorted(moving, key=compat.left):
        if not any(True for _ in compat.inputs(strip)):
            _move(strip, -trace.pushed)
    return True


def _move(strip: Any, frames: int) -> None:
    """Move a strip in time; one of ours is where it was laid, then."""
    compat.shift(strip, frames)
    record = strip.fcvg
    if record.id:
        record.first += frames
        record.start_frame += frames
        record.end_frame += frames


def select_only(scene: Any, *names: str) -> None:
    """Select these strips of the open level; the first becomes the active one."""
    for strip in compat.strips(scene):
        strip.select = strip.name in names
        if strip.name == names[0]:
            scene.sequence_editor.active_strip = strip


def _select_only(scene: Any, strip: Any) -> None:
    """The new strip is what the artist looks at next; what was selected before is kept for `remove`."""
    editor = scene.sequence_editor
    others = [each for each in compat.strips(scene) if each.select and each != strip]
    active = editor.active_strip
    strip.fcvg.selected_before = "\n".join(each.name for each in others)
    strip.fcvg.active_before = active.name if active and active != strip else ""
    for each in others:
        each.select = False
    strip.select = True
    editor.active_strip = strip


def _select_again(scene: Any, trace: _Trace) -> None:
    for strip in compat.strips(scene):
        if strip.name in trace.selected_before:
            strip.select = True
        if strip.name == trace.active_before:
            scene.sequence_editor.active_strip = strip
