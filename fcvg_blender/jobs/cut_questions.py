# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers for takes that ask whether they are to be made, because their keys look like a cut."""

from __future__ import annotations

from typing import Any

from ..edit import strip_takes, take_folders
from ..settings import strip_record
from .queue import asking, every_take
from .session import session


def answer(take_id: str, make: bool) -> None:
    """Let a take that asks be made after all in its turn, or take it out of the edit. With it go the takes that wait
    for its answer; one that has frames stays."""
    for _, strip, take in list(strip_takes.holders(take_id)):
        if take.state != strip_record.ASKING:
            continue
        if make:
            take.state, take.error, take.cuts_allowed = strip_record.WAITING, "", True
            session.undo_guard.forget(take_id)
        elif strip_takes.has_drawings(strip, take):
            take.state, take.error = strip_record.INCOMPLETE, ""
        else:
            for led in (*strip_takes.led_by(take_id), (take_id, take_folders.of_take(strip, take))):
                session.discard(*led, for_good=False)
            return


def answer_all(scene: Any, make: bool) -> None:
    """Give one answer for all takes of an edit that ask, and for those that wait or come later, should they ask."""
    scene.fcvg.cuts = "MAKE" if make else "LEAVE_OUT"
    for entry in list(every_take()) if make else ():
        if entry.scene == scene:
            entry.take.cuts_allowed |= entry.take.state == strip_record.WAITING
    for take_id in asking(scene):
        answer(take_id, make)
