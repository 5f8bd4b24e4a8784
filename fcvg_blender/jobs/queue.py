# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue: takes that wait for the engine, in all edits of the file. This module reads it.

The strips are the queue: a take that waits says so itself and has its place. So undo, saving, loading and deleting
strips need nothing of the queue's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..edit import strips
from ..settings import strip_record
from ..settings.status import panel_status
from .session import session

AHEAD = 2  # takes that the engine has at a time: the keys of the next are rendered while it works on one


@dataclass(frozen=True)
class Entry:
    """A take with its strip and scene; to be used at once, for Blender may replace them at any time."""

    scene: Any
    strip: Any
    take: Any


def every_take() -> Iterator[Entry]:
    """Yield all takes of all strips in the file. One that several strips have, as after splitting, comes as often."""
    for scene, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            yield Entry(scene, strip, take)


def entries() -> list[Entry]:
    """Return every take that waits, each once, in the order in which they will be made."""
    found: dict[str, Entry] = {}
    for entry in every_take():
        if entry.take.state == strip_record.WAITING and not entry.strip.fcvg.overlay:
            found.setdefault(entry.take.id, entry)
    return sorted(found.values(), key=lambda entry: int(entry.take.place))


def next_entry() -> Entry | None:
    """Return the take that is to be begun next, None where none can be."""
    return next((entry for entry in entries() if not is_led(entry.strip)), None)


def is_led(strip: Any) -> bool:
    """Return whether the waiting takes of a strip have to wait for another take of it.

    That take asks about a cut, or may come to ask, and the answer holds for all of them.
    """
    here = (strip.fcvg, *strip.fcvg.others)
    return any(
        take.state == strip_record.ASKING or (take.state == strip_record.RUNNING and not take.cuts_allowed)
        for take in here
    )


def can_go_on() -> bool:
    """Return whether the queue is not paused and a take can be begun."""
    return not panel_status().paused and next_entry() is not None


def wanted() -> set[str]:
    """Return the ids of the takes that are being made, and unless the queue is paused, of those that wait."""
    waiting = () if panel_status().paused else entries()
    return session.busy_takes() | {entry.take.id for entry in waiting}


def is_listed(entry: Entry) -> bool:
    """Return whether the queue shows a take: it is being made, asks, waits or has failed."""
    state = entry.take.state
    is_open = state in strip_record.UNFINISHED or (entry.take.error and state == strip_record.INCOMPLETE)
    return bool(is_open) and not entry.strip.fcvg.overlay


def listed() -> list[str]:
    """Return the ids of all takes that the queue shows; those that are made last come last."""
    return _by_place(entry for entry in every_take() if is_listed(entry))


def asking(scene: Any) -> list[str]:
    """Return the ids of the takes of an edit that ask about a cut, in the order of the queue."""
    return _by_place(
        entry for entry in every_take() if entry.scene == scene and entry.take.state == strip_record.ASKING
    )


def _by_place(found: Iterator[Entry]) -> list[str]:
    """The ids of takes, each once, by their places."""
    places = {str(entry.take.id): int(entry.take.place) for entry in found}
    return sorted(places, key=lambda take_id: places[take_id])
