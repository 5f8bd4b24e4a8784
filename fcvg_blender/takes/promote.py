# SPDX-License-Identifier: GPL-3.0-or-later
"""An inbetween becomes a key of the artist's own: its picture is copied out, and its strip is cut in three around it.

The piece in the middle is the key, an artist's strip from then on; see `promoted_key`. The pieces beside it are the
inbetweens of gaps of their own; see `promoted_parts`. A drawing that is held becomes a key for as long as it is held.
"""

from __future__ import annotations

from dataclasses import replace

from .. import compat
from ..edit import copies, strip_takes, strips, take_files
from ..engine import errors, protocol
from ..i18n.translate import rpt
from ..settings import strip_record
from ..settings.addon_choices import Choices
from ..settings.protocols import Scene, Strip
from . import promoted_key, promoted_parts, requests
from .promoted_parts import Part


def check(scene: Scene, strip: Strip, frame: int) -> None:
    """Raises BadRequest where the inbetween that `strip` shows on `frame` cannot become a key."""
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
    if len(copies.parts(scene, strip)) > 1:
        raise errors.BadRequest(
            "These inbetweens were cut in two.", "Delete one part and draw the other one out to the full length."
        )
    retimed = len(getattr(strip, "retiming_keys", ())) or strip.use_reverse_frames or strip.strobe > 1.0
    if retimed or not len(strip.elements) == compat.content_length(strip) == record.count:
        raise errors.BadRequest(
            "The strip is reversed, retimed or shortened by Blender's own tools.",
            "Take that back, or put the strip into a meta strip and do it there.",
        )


def promote(scene: Scene, strip: Strip, frame: int, choices: Choices) -> tuple[list[Strip], protocol.Request]:
    """Let the inbetween on `frame` become a key. Returns the strips beside it, and what their next takes are to be.

    The strips show the drawings that were there. The key is the only selected and the active strip afterwards. Raises
    BadRequest as `check` does, LicenceRefused, and DiskError; the edit is unchanged then.
    """
    check(scene, strip, frame)
    record, index = strip.fcvg, _index(strip, frame)
    request = requests.remembered(record, record, strips.folder(strip), choices)
    picture = strips.folder(strip) / strip.elements[index].filename
    if picture.stem in (take_files.START, take_files.END) or not picture.is_file():
        raise errors.BadRequest(
            rpt("The drawing of frame {frame} is not there.").format(frame=frame), "Make the missing drawings first."
        )
    first, last = _held(record.frame_times(), index)
    parts = promoted_parts.beside(strip, first, last)
    try:
        key_file = promoted_key.copy_out(scene, strip, frame, picture)
        carried = [promoted_parts.carry(scene, strip, part, picture, choices.output_folder) for part in parts]
    except OSError as error:
        raise errors.DiskError(
            rpt("The drawings could not be copied: {reason}.").format(reason=error.strerror or error),
            "See whether the disk is full.",
        ) from error

    pieces, key = _cut(strip, parts, first, last)
    promoted_key.make(key, frame, key_file)
    for piece, part, takes in zip(pieces, parts, carried, strict=True):
        promoted_parts.make(scene, piece, part, key, takes)
    strips.select_only(scene, key.name)
    decided = replace(request, refuse_cuts=False)  # an inbetween is of the same shot as its keys
    return pieces, decided


def _index(strip: Strip, frame: int) -> int:
    """Which of its inbetweens the strip shows on `frame`, counted from 0."""
    return frame - round(compat.content_start(strip))


def _held(times: list[float], index: int) -> tuple[int, int]:
    """The first and the last of the frames around `index` that show the same drawing."""
    first = last = index
    while first > 0 and times[first - 1] == times[index]:
        first -= 1
    while last + 1 < len(times) and times[last + 1] == times[index]:
        last += 1
    return first, last


def _cut(strip: Strip, parts: list[Part], first: int, last: int) -> tuple[list[Strip], Strip]:
    """Cut the strip into a piece for each part and one for its frames `first` … `last`, counted from 0.

    Each piece has the elements that it shows and no others.
    """
    start = round(compat.content_start(strip))
    pieces, middle = [], strip
    if parts and parts[0].before:
        middle = compat.split(strip, start + first)
        pieces.append(strip)
    if parts and not parts[-1].before:
        pieces.append(compat.split(middle, start + last + 1))
    for piece in (*pieces, middle):
        compat.drop_hidden(piece)
    return pieces, middle
