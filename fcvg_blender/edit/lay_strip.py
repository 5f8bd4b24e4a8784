# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay a strip of inbetweens into the edit, tell it what it is to remember, and fit it to its gap."""

from __future__ import annotations

import uuid
from pathlib import Path

from .. import compat
from ..engine import protocol
from ..settings import generative, strip_record
from ..settings.protocols import Scene, Strip, StripRecord, Take
from . import gaps, make_room, placeholder, strip_pictures, strips

COLOUR_TAG = "COLOR_04"

_NAME_LETTERS = 20  # of each key in a strip's name; Blender cuts names at 63 bytes


def insert(scene: Scene, shot: gaps.Shot, folder: Path, take_id: str, request: protocol.Request) -> Strip:
    """Lay a strip of inbetweens into the edit and return it; it becomes the only selected and the active one.

    Its one take, `take_id`, is WAITING. The strip shows the placeholder in `folder` until there is more. With placement
    PUSH the rest of the edit makes room first. Raises ShotProblem when the edit cannot be pushed, DiskError when the
    folder's path is too long for Blender; the edit is unchanged then.
    """
    strips.strip_directory(folder)
    pushing = shot.placement == "PUSH"
    if pushing:
        make_room.push_strips(scene, shot.first, shot.count)
    files = [placeholder.FILE] * shot.count
    strip = new_strip(scene, title("Inbetweens", shot), folder, files, shot.channel, shot.first)
    keys = tuple(compat.strips(scene)[name] for name in (shot.start_strip, shot.end_strip))
    strip_pictures.set_pixels(strip, request.format)
    _mix_as(strip, *keys)
    strip.color_tag = COLOUR_TAG
    record = strip.fcvg
    remember_gap(record, shot, request)
    record.key_start_id, record.key_end_id = (_key_id(key) for key in keys)
    remember_take(record, request, take_id, folder)
    strip_pictures.show(strip, [])
    if pushing:
        make_room.push_the_rest(scene, shot.first, shot.count, record)
    _select(scene, strip)
    return strip


def title(what: str, shot: gaps.Shot) -> str:
    """The name of a strip that is made of the two strips of `shot`."""
    return f"{what} {shot.start_strip:.{_NAME_LETTERS}} – {shot.end_strip:.{_NAME_LETTERS}}"


def new_strip(scene: Scene, name: str, folder: Path, files: list[str], channel: int, first: int) -> Strip:
    """Make an image strip that shows `files` of `folder`, one a frame from `first` on, and return it.

    The files need not exist yet; the placeholder has to.
    """
    strip: Strip = compat.strips(scene).new_image(
        name=name,
        filepath=str(folder / placeholder.FILE),  # whatever is shown: Blender reads it here to note the size
        channel=channel,
        frame_start=first,
        fit_method="ORIGINAL",
    )
    strip.directory = strips.strip_directory(folder)
    strip.elements[0].filename = files[0]
    for file in files[1:]:
        strip.elements.append(file)
    return strip


def remember_gap(record: StripRecord, shot: gaps.Shot, request: protocol.Request) -> None:
    """Write into a strip's record between which keys it lies and how it is timed."""
    record.count = shot.count
    record.timing = strip_record.timing_text(request.timing)
    record.hold = request.hold
    record.key_start, record.key_end = shot.start_strip, shot.end_strip
    record.start_frame = shot.start_frame
    record.end_frame = shot.last + 1
    record.placement = shot.placement
    record.first = shot.first


def remember_take(take: Take, request: protocol.Request, take_id: str, folder: Path) -> None:
    """Write into a take what is asked for; the take is WAITING then."""
    take.id = take_id
    take.state = strip_record.WAITING
    take.folder = folder.name
    take.method = request.method
    take.seed = request.seed
    take.format = request.format
    take.generation = generative.remembered(request)
    take.matches = request.conditions.matches
    take.cuts_allowed = not request.refuse_cuts


def in_the_way(scene: Scene, strip: Strip, first: int, count: int) -> Strip | None:
    """The other strip on its channel that keeps `strip` from covering `count` frames from `first` on; None without."""
    beside = compat.contents(compat.home(scene, strip))
    others = (other for other in beside if other != strip and other.channel == strip.channel)
    return next((each for each in others if compat.left(each) < first + count and compat.right(each) > first), None)


def resize(strip: Strip, first: int, count: int) -> None:
    """Let the strip cover the `count` frames from `first` on, one element each, whatever trimmed it before.

    The frames must be free on the strip's channel. `strip_pictures.show` says what new elements show.
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
    if record.timing:
        record.timing = strip_record.timing_text(record.timing_for(count))
    record.count, record.first = count, first
    record.start_frame, record.end_frame = first - 1, first + count


def _key_id(strip: Strip) -> str:
    """The id by which inbetweens find this strip of the artist's. It gets one now if it has none."""
    if not strip.fcvg.key:
        strip.fcvg.key = uuid.uuid4().hex[:8]
    return strip.fcvg.key


def _mix_as(strip: Strip, *keys: Strip) -> None:
    """Mix the strip with what lies below as its keys are mixed, over it where they differ."""
    blends = {key.blend_type for key in keys}
    strip.blend_type = blends.pop() if len(blends) == 1 else "ALPHA_OVER"


def _select(scene: Scene, strip: Strip) -> None:
    """Select the new strip alone. Its record keeps what was selected before, for when it is removed."""
    editor = scene.sequence_editor
    others: list[Strip] = [each for each in compat.strips(scene) if each.select and each != strip]
    active = editor.active_strip
    strip.fcvg.selected_before = "\n".join(each.name for each in others)
    strip.fcvg.active_before = active.name if active and active != strip else ""
    for each in others:
        each.select = False
    strip.select = True
    editor.active_strip = strip
