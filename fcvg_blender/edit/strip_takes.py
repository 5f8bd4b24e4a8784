# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of a strip: what else was tried between the same two keys, each with its own folder, all kept.

The record of a strip is that of the take which it shows; `others` holds the rest. A take is found by its id: undo,
loading and the artist replace strips at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..engine import errors, protocol
from ..settings import strip_record
from ..settings.protocols import Scene, Strip, StripRecord, Take
from ..timing import exposure_sheet
from . import lay_strip, remove_strip, strip_pictures, strips, take_files, take_folders

_FIELDS = tuple(strip_record.TakeFields.__annotations__)


def all_of(record: StripRecord) -> list[Take]:
    """The takes of a strip by their numbers: its record, for the one it shows, and its others."""
    return sorted((record, *record.others), key=lambda take: take.number)


def holders(take_id: str) -> Iterator[tuple[Scene, Strip, Take]]:
    """Every strip that has the take, with its scene and its record of it: more than one after splitting."""
    for scene, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            if take.id == take_id:
                yield scene, strip, take


def is_shared(take_id: str) -> bool:
    """Whether a copied strip shows the folder of the take `take_id`, so that it has to stay."""
    every = (take for _, strip in strips.ours() for take in (strip.fcvg, *strip.fcvg.others))
    return any(take.shares == take_id for take in every)


def give_folder(take_id: str) -> Path | None:
    """Give a copied take a folder of its own, with what is in the one that it shows; what is made for it from now on
    changes nothing of the original. Returns the new folder, None where the take has one already. Raises DiskError."""
    sharing = [(strip, take) for _, strip, take in holders(take_id) if take.shares]
    if not sharing:
        return None
    folder = take_folders.copied(take_folders.writable(*sharing[0]), take_id)
    for strip, take in sharing:
        lie_in(strip, take, folder)
    return folder


def lie_in(strip: Strip, take: Take, folder: Path) -> None:
    """Let a take have its frames in `folder`, which is its own. Raises DiskError where the path is too long."""
    if is_shown(strip, take):
        strips.set_folder(strip, folder)
    take.folder, take.shares = folder.name, ""


def is_shown(strip: Strip, take: Take) -> bool:
    """Whether `take` is the one that the strip shows."""
    return strip.fcvg.id == take.id


def add(strip: Strip, request: protocol.Request, take_id: str, folder: Path) -> Take:
    """Give the strip one more take, WAITING, and return it. The strip goes on showing what it shows.

    `folder` will hold the keys and frames of the take.
    """
    record = strip.fcvg
    record.folder = record.folder or strips.folder(strip).name  # strips of older files do not name it
    number = max(strip_record.within(take, "number") for take in all_of(record)) + 1
    take: Take = record.others.add()
    take.number = number
    lay_strip.remember_take(take, request, take_id, folder)
    return take


def show(strip: Strip, number: int) -> None:
    """Show the take with this number, timed as the strip is. Nothing happens without it, or where it is shown.

    Raises DiskError where its folder's path is too long for Blender.
    """
    record = strip.fcvg
    place = next((place for place, take in enumerate(record.others) if take.number == number), None)
    if place is None:
        return
    other = record.others[place]
    path = take_folders.of_take(strip, other)
    strips.strip_directory(path)  # raises where Blender cannot hold it, before anything is changed
    for field in _FIELDS:
        here, there = getattr(record, field), getattr(other, field)
        setattr(record, field, there)
        setattr(other, field, here)
    record.stale = ""  # of the take before; looked at again soon
    strips.set_folder(strip, path)
    strip_pictures.set_pixels(strip, record.format)
    refresh(strip)


def refresh(strip: Strip) -> None:
    """Let the strip show what is on disk of its take: the placeholder where the take was never begun."""
    path = strips.folder(strip)
    drawings = take_files.made(path)
    if drawings is None and not strip.fcvg.made:
        with suppress(errors.DiskError):
            take_folders.make_for_strip(take_folders.writable(strip, strip.fcvg), strip.id_data)
    strip_pictures.note_format(strip, path)
    strip_pictures.show(strip, drawings or [])
    strip_pictures.reveal(strip)


def has_drawings(strip: Strip, take: Take) -> bool:
    """Whether drawings were made for the take, for whatever timing; if so, it is not to be lost."""
    return bool(take.made or take_files.made(take_folders.of_take(strip, take)))


def delete(strip: Strip, number: int) -> None:
    """Take one take from the strip. The only one stays; files stay on disk.

    If the strip shows the take, it shows the one before instead, else the next one.
    """
    record = strip.fcvg
    if not len(record.others):
        return
    if record.number == number:
        lower = [take.number for take in record.others if take.number < number]
        show(strip, max(lower) if lower else min(take.number for take in record.others))
        record.pinned = False
    place = next((place for place, take in enumerate(record.others) if take.number == number), None)
    if place is not None:
        record.others.remove(place)


def led_by(take_id: str) -> list[tuple[str, Path]]:
    """Ids and folders of the takes of one strip that wait for the answer to a question about a cut.

    `take_id` is the take that asks: their draft.
    """
    return [
        (each.id, take_folders.of_take(strip, each))
        for _, strip, _ in holders(take_id)
        for each in all_of(strip.fcvg)
        if each.id != take_id and each.state == strip_record.WAITING and each.cuts_allowed
    ]


def withdraw(take_id: str) -> bool:
    """Take a take out of the edit, with the strip where it has no other. Whether there was such a take."""
    found = list(holders(take_id))
    for _, strip, take in found:
        delete(strip, take.number)  # parts of a split strip may differ in what else they have
    remove_strip.remove(take_id)
    return bool(found)


def retime(strip: Strip, timing: str | list[float], hold: int) -> int:
    """Time the strip anew with the drawings there are. Returns the number of frames that show a stand-in.

    `timing` is as in `Request`. Raises BadRequest where it does not fit; the strip is as before then.
    """
    record = strip.fcvg
    exposure_sheet.frame_times(record.count, timing, hold)
    record.timing, record.hold = strip_record.timing_text(timing), hold
    refresh(strip)
    if record.state not in strip_record.UNFINISHED:
        strip_pictures.settle(strip, record, strips.folder(strip))
    return record.count - record.made
