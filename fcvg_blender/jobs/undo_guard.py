"""How jobs have ended, kept against undo: it sets takes back to before, while the frames on disk stay."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..edit import gap_refusals, gaps, lay_strip, strip_pictures, strip_takes, take_folders
from ..settings import strip_record

# What a job leaves in its take, and what was noted of the take on the way to its end.
_OUTCOME = (
    *("state", "error", "method_used", "engine_version", "notes", "models"),
    *("cuts_allowed", "print_start", "print_end"),
)


@dataclass(frozen=True)
class _End:
    """`gap`: the first frame and the number of frames that the take's strip had; `outcome`: the fields of the take."""

    gap: tuple[int, int]
    outcome: dict[str, Any]


class Ends:
    """The ends of this session's jobs by their takes' ids."""

    def __init__(self) -> None:
        self._of: dict[str, _End] = {}

    def note(self, strip: Any, take: Any) -> None:
        """The take's job has ended, and the take says how."""
        outcome = {name: getattr(take, name) for name in _OUTCOME}
        self._of[take.id] = _End((strip.fcvg.first, strip.fcvg.count), outcome)

    def forget(self, take_id: str) -> None:
        """The take is wanted anew."""
        self._of.pop(take_id, None)

    def clear(self) -> None:
        """Another file was opened."""
        self._of.clear()

    def concerns(self, take: Any) -> bool:
        """Whether undo has set the take back to before its job's end, or its job has ended with Blender."""
        return take.state == strip_record.RUNNING or (take.state == strip_record.WAITING and take.id in self._of)

    def fit_again(self, scene: Any, strip: Any, take: Any) -> None:
        """Such a take was made for the gap as it was when its turn came, which may be the one that the strip is to
        fill now."""
        made_for = self._of[take.id].gap if take.id in self._of else (0, 0)
        record = strip.fcvg
        if record.overlay or not strip_takes.is_shown(strip, take) or made_for == (record.first, record.count):
            return
        with suppress(gap_refusals.ShotProblem):
            shot = gaps.of_strip(scene, strip)
            if (shot.first, shot.count) == made_for and lay_strip.in_the_way(scene, strip, *made_for) is None:
                lay_strip.resize(strip, *made_for)

    def end_again(self, strip: Any, take: Any) -> None:
        """Such a take ends as it did before; a question that was answered does not."""
        outcome = self._of[take.id].outcome if take.id in self._of else {}
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
