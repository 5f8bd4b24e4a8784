# SPDX-License-Identifier: GPL-3.0-or-later
"""After undo, redo and loading: makes strips agree with the jobs that run and with the frames on disk.

It reads what is on the disk and writes nothing there.
"""

from __future__ import annotations

from typing import Any

from .. import guard
from ..edit import conditions_strip, copies, reach, strip_pictures, strip_takes, strips
from ..settings import strip_record
from .job import Job
from .session import session


def notice_copies() -> bool:
    """Give strips that were copied since the last look ids of their own; return whether there were any.

    To be called before anything is done to a take by its id. Undo steps are none of its business: after undo the same
    copies get the same ids again.
    """
    fresh = copies.tell_apart()
    for take_id in fresh:
        session.undo_guard.forget(take_id)  # of an earlier copy at the same place
    return bool(fresh)


def resync() -> None:
    """Bring all strips up to date: what they say may be older than what is on disk.

    Cancelled takes leave the edit again, ended ones end again, and jobs whose take is gone are stopped. A strip that
    cannot be understood, or whose disk does not answer, stays as it is.
    """
    strips.mend_all()
    notice_copies()
    for take_id in session.undo_guard.cancelled:
        with guard.going_on("a cancelled take"):
            strip_takes.withdraw(take_id)
    making = {job.take: job for job in session.jobs.values() if job.take}
    for scene, strip in list(strips.ours()):
        with guard.going_on("a strip of inbetweens"):
            if reach.answers(strips.folder(strip)):
                _resync_strip(scene, strip, making)
    session.drop_lost()


def _resync_strip(scene: Any, strip: Any, making: dict[str, Job]) -> None:
    """Bring one strip up to date; `making` are the running jobs by their takes' ids."""
    undo_guard, record = session.undo_guard, strip.fcvg
    here = (record, *record.others)
    set_back = [take for take in here if take.id not in making and undo_guard.was_set_back(take)]
    for take in set_back:
        undo_guard.restore_length(scene, strip, take)
    is_open = record.state in strip_record.UNFINISHED or record.id in making
    if record.state == strip_record.WAITING and not reach.is_folder(strips.folder(strip)):
        strip_pictures.hide(strip)
    elif is_open or not strip_pictures.shows_something(strip):
        (conditions_strip if record.overlay else strip_pictures).sync(strip)
    strip_pictures.reveal(strip)
    for take in here:
        if take.id in making:
            take.state = strip_record.RUNNING
            if take.shares:  # undone to before the copy had a folder of its own
                strip_takes.lie_in(strip, take, making[take.id].folder)
            take.print_start, take.print_end = making[take.id].fingerprints
    for take in set_back:
        undo_guard.restore_end(strip, take)
    finished = [int(take.number) for take in set_back if take.state == strip_record.DONE]
    if finished and not record.pinned:
        strip_takes.show(strip, max(finished))
