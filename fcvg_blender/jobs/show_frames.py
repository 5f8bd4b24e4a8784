# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets strips show the frames that have come from the engine."""

from __future__ import annotations

from collections.abc import Iterable

from ..edit import conditions_strip, strip_pictures, strip_takes
from .job import Job


def show_frames(jobs: Iterable[Job]) -> bool:
    """Let the strips of `jobs` show the frames that have come since the last call; return whether there were any.

    Costs what every change of a strip costs in Blender: where it prefetches, the main thread waits until the
    frame being prefetched is done. So it is not to be called for each frame by itself.
    """
    waiting = [job for job in jobs if job.unshown]
    for job in waiting:
        unshown, job.unshown = job.unshown, []
        for _, strip, take in strip_takes.holders(job.take):
            if job.overlay:
                conditions_strip.show(strip, unshown)
            elif strip_takes.is_shown(strip, take):
                strip_pictures.show(strip, job.drawings)
            else:
                take.made = strip_pictures.count_made(strip.fcvg, job.drawings)
    return bool(waiting)
