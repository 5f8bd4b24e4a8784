# SPDX-License-Identifier: GPL-3.0-or-later
"""What undo must not bring back: takes that the artist has cancelled, and takes as they were before their job ended.

Undo sets a take back to the moment before, while its frames on disk stay as they are. So how each job has ended is
kept here, outside of the blend file, and `resync` writes it into the takes again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..edit import gap_refusals, gaps, lay_strip, strip_pictures, strip_takes, take_folders
from ..settings import strip_record

# What a job leaves in its take, and what was noted of the take on the way to its end.
_OUTCOME = (
    *("state", "error", "method_used", "engine_version", "notes", "models"),
    *("cuts_allowed", "print_start", "print_end", "yours", "redo_yours"),
)


@dataclass(frozen=True)
class _End:
    """How a take's job has ended.

    `gap`: the first frame and the number of frames that the take's strip had then; `outcome`: the fields of the take.
    """

    gap: tuple[int, int]
    outcome: dict[str, Any]


class UndoGuard:
    """Cancelled takes and ends of jobs since the file was opened, by the takes' ids."""

    def __init__(self) -> None:
        self._cancelled: dict[str, None] = {}  # a set that keeps the order in which they were cancelled
        self._ends: dict[str, _End] = {}

    @property
    def cancelled(self) -> tuple[str, ...]:
        """Ids of the takes that the artist has cancelled, the first one first."""
        return tuple(self._cancelled)

    def note_cancelled(self, take_id: str) -> None:
        """The artist has cancelled the take for good."""
        self._cancelled[take_id] = None

    def note_end(self, strip: Any, take: Any) -> None:
        """The take's job has ended, and the take says how."""
        outcome = {name: getattr(take, name) for name in _OUTCOME}
        self._ends[take.id] = _End((strip.fcvg.first, strip.fcvg.count), outcome)

    def forget(self, take_id: str) -> None:
        """The take is to be made again: it does not matter any more how its earlier jobs have ended."""
        self._cancelled.pop(take_id, None)
        self._ends.pop(take_id, None)

    def clear(self) -> None:
        """Another file was opened. What is known of takes does not hold for that file, even if it is a copy."""
        self._cancelled.clear()
        self._ends.clear()

    def was_set_back(self, take: Any) -> bool:
        """Whether the take is as it was before its job ended: undone, or saved while its job was running."""
        return take.state == strip_record.RUNNING or (take.state == strip_record.WAITING and take.id in self._ends)

    def restore_length(self, scene: Any, strip: Any, take: Any) -> None:
        """Give the strip of a take that was set back the length for which the take was made.

        The strip was fitted to its gap before the take was begun, and undo has taken that back too. It stays as it is
        where the gap has changed since, or where something else is in the way.
        """
        made_for = self._ends[take.id].gap if take.id in self._ends else (0, 0)
        record = strip.fcvg
        if record.overlay or not strip_takes.is_shown(strip, take) or made_for == (record.first, record.count):
            return
        with suppress(gap_refusals.ShotProblem):
            shot = gaps.of_strip(scene, strip)
            if (shot.first, shot.count) == made_for and lay_strip.in_the_way(scene, strip, *made_for) is None:
                lay_strip.resize(strip, *made_for)

    def restore_end(self, strip: Any, take: Any) -> None:
        """Let a take that was set back end as before. A question about a cut that was answered is not asked again."""
        outcome = self._ends[take.id].outcome if take.id in self._ends else {}
        asks = outcome.get("state") == strip_record.ASKING
        if asks and take.cuts_allowed:
            return
        for name, value in outcome.items():
            setattr(take, name, value)
        if strip.fcvg.overlay:
            take.state = strip_record.INCOMPLETE if take.state in strip_record.UNFINISHED else take.state
        elif not asks:
            folder = take_folders.of_take(strip, take)
            strip_pictures.settle(strip, take, folder)
            strip_pictures.note_manifest(take, folder)
            take.error = take.error if take.state == strip_record.INCOMPLETE else ""
