"""The takes of a strip: what else was tried between the same two keys, each with its own folder, all kept.

The record of a strip is that of the take which it shows; `others` holds the rest. A take is found by its id: undo,
loading and the artist replace strips at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..engine import errors, protocol
from ..settings import strip_record
from ..timing import exposure
from . import strips, take_folders

_FIELDS = tuple(strip_record.TakeFields.__annotations__)


def all_of(record: Any) -> list[Any]:
    """The takes of a strip by their numbers: its record, for the one it shows, and its others."""
    return sorted((record, *record.others), key=lambda take: int(take.number))


def holders(take_id: str) -> Iterator[tuple[Any, Any, Any]]:
    """Every strip that has the take, with its scene and its record of it: more than one after splitting."""
    for scene, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            if take.id == take_id:
                yield scene, strip, take


def is_shown(strip: Any, take: Any) -> bool:
    """Whether `take` is the one that the strip shows."""
    return bool(strip.fcvg.id == take.id)


def add(strip: Any, request: protocol.Request, take_id: str, folder: Path) -> Any:
    """One take more, which waits; `folder` will hold its keys and frames. The strip goes on showing what it shows."""
    record = strip.fcvg
    record.folder = record.folder or strips.folder(strip).name  # strips of older files do not name it
    number = max(int(take.number) for take in all_of(record)) + 1
    take = record.others.add()
    take.number = number
    strips.remember_take(take, request, take_id, folder)
    return take


def show(strip: Any, number: int) -> None:
    """Show the take with this number, timed as the strip is; nothing where there is none or it is shown already."""
    record = strip.fcvg
    place = next((place for place, take in enumerate(record.others) if take.number == number), None)
    if place is None:
        return
    other = record.others[place]
    path = take_folders.of_take(strip, other)
    for field in _FIELDS:
        here, there = getattr(record, field), getattr(other, field)
        setattr(record, field, there)
        setattr(other, field, here)
    record.stale = ""  # of the take before; looked at again soon
    strips.set_folder(strip, path)
    strips.set_pixels(strip, record.format)
    refresh(strip)


def refresh(strip: Any) -> None:
    """Let the strip show what is on disk of its take; nothing where it was never begun."""
    path = strips.folder(strip)
    drawings = exposure.made(path)
    if drawings is None and not strip.fcvg.made:
        with suppress(errors.DiskError):
            take_folders.make_for_strip(path, strip.id_data)
    strips.show(strip, drawings or [])


def has_drawings(strip: Any, take: Any) -> bool:
    """Whether anything was made of the take, for whatever timing: it is not to be lost then."""
    return bool(take.made or exposure.made(take_folders.of_take(strip, take)))


def delete(strip: Any, number: int) -> None:
    """Take one take from the strip, which shows the one before then; its only take stays. Files stay on disk."""
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
    """Ids and folders of the takes that wait behind their draft `take_id`, which asks about a cut for them too."""
    return [
        (str(each.id), take_folders.of_take(strip, each))
        for _, strip, _ in holders(take_id)
        for each in all_of(strip.fcvg)
        if each.id != take_id and each.state == strip_record.WAITING and each.cuts_allowed
    ]


def withdraw(take_id: str) -> bool:
    """Take a take out of the edit, the strip too where it has no other; whether there was one."""
    found = list(holders(take_id))
    for _, strip, take in found:
        delete(strip, take.number)  # parts of a split strip may differ in what else they have
    strips.remove(take_id)
    return bool(found)


def retime(strip: Any, timing: str | list[float], hold: int) -> int:
    """Time the strip anew with the drawings there are; gives the number of frames that show a stand-in.

    `timing` as in `Request`; raises BadRequest, and leaves the strip as it is, where it does not fit.
    """
    record = strip.fcvg
    exposure.frame_times(record.count, timing, hold)
    record.timing, record.hold = strip_record.timing_text(timing), hold
    refresh(strip)
    if record.state not in strip_record.UNFINISHED:
        strips.settle(strip, record, strips.folder(strip))
    return int(record.count - record.made)
