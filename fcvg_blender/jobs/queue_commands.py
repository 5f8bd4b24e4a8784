# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist does to the queue: takes are moved, cancelled, and held after a file was opened."""

from __future__ import annotations

from ..edit import strip_takes, take_folders
from ..settings import strip_record
from ..settings.status import panel_status
from .queue import entries, every_take, listed
from .session import session


def move(take_id: str, by: int) -> None:
    """Let a waiting take be made as many places later as `by` says, with -1 one earlier; no farther than it goes."""
    line = entries()
    place = next((place for place, entry in enumerate(line) if entry.take.id == take_id), None)
    if place is None:
        return
    line.insert(max(0, place + by), line.pop(place))
    places = sorted(int(entry.take.place) for entry in line)
    for entry, new in zip(line, places, strict=True):
        for _, _, take in strip_takes.holders(entry.take.id):
            take.place = new


def cancel(take_id: str) -> None:
    """Take a take out of the queue, whether it waits, asks or is being made. It leaves the edit too, unless it has
    frames already."""
    job = next((job for job in session.jobs.values() if job.take == take_id), None)
    if job is not None:
        session.cancel(job.id)
        return
    found = next(strip_takes.holders(take_id), None)
    if found is not None:
        _, strip, take = found
        if strip_takes.has_drawings(strip, take):
            take.state, take.error = strip_record.INCOMPLETE, ""
        else:
            session.discard(take_id, take_folders.of_take(strip, take))


def cancel_all() -> None:
    """Empty the queue and stop every job. The takes made last go first, so that what each has pushed moves back in
    reverse order."""
    for take_id in reversed(listed()):
        cancel(take_id)
    for job_id in list(session.jobs):
        session.cancel(job_id)


def hold_after_load() -> None:
    """Pause the queue of a file that was opened with takes that wait: they go on when the artist says so.

    A take that was being made when the file was saved waits too; its place is before the others.
    """
    waits = bool(entries())
    for entry in every_take() if waits else ():
        if entry.take.state == strip_record.RUNNING and not entry.strip.fcvg.overlay:
            entry.take.state = strip_record.WAITING
    panel_status().paused = waits
