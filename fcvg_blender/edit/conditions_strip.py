# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions of a pair of keys, laid over the edit: a strip over both keys and all frames between.

Where a picture of it is black, nothing shows, so the artist scrubs the edit and sees the lines on it. Blender's blend
mode Screen would do that over other strips, but over a gap, where nothing lies below, it shows nothing at all; so
black is made transparent in the files. One pair has one such strip: a new one takes the place of the old. These strips
are found and removed as those of inbetweens are.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .. import compat
from ..engine import folder_record, protocol, small_files
from ..settings import strip_record
from ..settings.protocols import Scene, Strip, StripRecord
from . import gaps, lay_strip, placeholder, remove_strip, strip_pictures, strips
from .obstacles import Obstacles

MATCHES = "matches.json"  # what the engine has found, to be edited
COLOUR_TAG = "COLOR_06"
LIMIT_BYTES = 256 << 20  # of a picture


def insert(scene: Scene, shot: gaps.Shot, folder: Path, strip_id: str, request: protocol.Request) -> None:
    """Lay a strip that shows nothing yet over both keys of `shot` and the frames between; the selection stays.

    It lies above the keys and the channel of the shot, so that inbetweens generated next come under it. `folder` will
    hold the pictures; it has the placeholder already.

    Raises ShotProblem when no channel is free, DiskError when the folder's path is too long for Blender.
    """
    first, count = shot.start_frame, shot.count + 2
    for old in {strip.fcvg.id for strip in of_pair(scene, shot)}:
        remove_strip.remove(old)
    keys = (strip.channel for strip in compat.strips(scene) if strip.name in (shot.start_strip, shot.end_strip))
    channel = Obstacles.of(scene).free_channel(first, count, max(shot.channel, *keys))
    files = [placeholder.FILE] * count
    strip = lay_strip.new_strip(scene, lay_strip.title("Conditions", shot), folder, files, channel, first)
    strip.select = False
    strip.blend_type = "ALPHA_OVER"
    strip.color_tag = COLOUR_TAG
    record = strip.fcvg
    record.overlay = True
    lay_strip.remember_gap(record, shot, request)
    lay_strip.remember_take(record, replace(request, format="png"), strip_id, folder)
    record.count, record.first = count, first
    record.state = strip_record.RUNNING


def of_pair(scene: Scene, shot: gaps.Shot) -> Iterator[Strip]:
    """The strips on the open level that show conditions of the same two strips as `shot`."""
    for strip in compat.strips(scene):
        pair = (strip.fcvg.key_start, strip.fcvg.key_end)
        if strip.type == "IMAGE" and strip.fcvg.overlay and pair == (shot.start_strip, shot.end_strip):
            yield strip


def matches(strip: Strip) -> Path:
    """The file in which the engine wrote what it found in the keys. It can be edited and given back."""
    return strips.folder(strip) / MATCHES


def is_whole(strip: Strip) -> bool:
    """Whether all pictures are there, and with them the matches."""
    return strip.fcvg.state == strip_record.DONE


def show(strip: Strip, frames: Iterable[protocol.Frame]) -> None:
    """Show conditions that the engine has drawn."""
    strip_pictures.set_files(
        strip, {number: each.file for each in frames for number in range(each.index, each.index + each.hold)}
    )
    _count(strip)


def sync(strip: Strip) -> None:
    """As `strip_pictures.sync`, for conditions."""
    record = strip.fcvg
    try:
        present = {entry.name for entry in os.scandir(strips.folder(strip))}
    except (OSError, ValueError):
        return
    most = min(strip_record.within(record, "count"), len(strip.elements))
    files = {number: file_of(record, number) for number in range(1, most + 1)}
    strip_pictures.set_files(
        strip, {number: file if file in present else placeholder.FILE for number, file in files.items()}
    )
    _count(strip)
    if record.made == record.count:
        record.state = strip_record.DONE
    elif record.state == strip_record.DONE:
        record.state = strip_record.INCOMPLETE
    strip_pictures.note_manifest(record, strips.folder(strip))


def file_of(record: StripRecord, number: int) -> str:
    """The name that the engine gives to the conditions on frame `number` of the strip, counted from 1.

    The engine numbers drawings, not frames: 0 is the earlier key's, the last the later key's.
    """
    between = record.count - 2
    drawing = -(-min(number - 1, between) // strip_record.within(record, "hold")) + (number > between + 1)
    return f"condition_{drawing:04d}.png"


def clear_black(picture: Path) -> None:
    """Make what is black in a PNG file of the engine transparent.

    A file that cannot be rewritten stays as it is. It hides the edit then, but shows the conditions.
    """
    with suppress(OSError):
        record = folder_record.FolderRecord(picture.parent)
        record.write(picture.name, placeholder.with_clear_black(small_files.read(picture, LIMIT_BYTES)))


def _count(strip: Strip) -> None:
    drawn = [element.filename for element in strip.elements if element.filename != placeholder.FILE]
    strip.fcvg.made = len(drawn)
    if drawn:
        _fit(strip, drawn[0])


def _fit(strip: Strip, file: str) -> None:
    """Stretch pictures that were drawn at the engine's working size over the whole frame."""
    path = strips.folder(strip) / file
    try:
        small_files.require_file(path)
        with path.open("rb") as png:
            width, height = struct.unpack(">II", png.read(24)[16:])
    except (OSError, struct.error):
        return
    if not width or not height:
        return
    render = strip.id_data.render
    strip.transform.scale_x, strip.transform.scale_y = render.resolution_x / width, render.resolution_y / height
