# SPDX-License-Identifier: GPL-3.0-or-later
"""Take strips of ours out of the edit, which is then as it was before they were laid. Files stay on disk."""

from __future__ import annotations

from dataclasses import dataclass

from .. import compat
from ..settings.protocols import Scene, Strip
from . import make_room, strips


def remove(strip_id: str) -> bool:
    """Take every strip with this id out of the edit; whether there was one.

    What was pushed when the strip was laid moves back, unless the artist has put something into the room since.
    """
    found = strips.find_all(strip_id)
    for scene, strip in found:
        home = compat.home(scene, strip)
        trace = _Trace.of(strip)
        strip.invalidate_cache("RAW")  # stops Blender's prefetching, which would go on reading the strip in a thread
        compat.contents(home).remove(strip)
        if trace.in_place and trace.pushed and make_room.pull_back(home, trace.first, trace.pushed):
            if trace.pushed_markers:
                make_room.shift_markers(scene, trace.first + trace.pushed, -trace.pushed)
            if trace.pushed_end:
                scene.frame_end -= trace.pushed
        if trace.selected:
            _select_again(scene, trace)
    return bool(found)


@dataclass(frozen=True)
class _Trace:
    """What is needed of a strip's record after the strip is gone. `in_place`: it lay where it had been laid."""

    first: int
    in_place: bool
    pushed: int
    pushed_markers: bool
    pushed_end: bool
    selected: bool
    selected_before: frozenset[str]
    active_before: str

    @classmethod
    def of(cls, strip: Strip) -> _Trace:
        record = strip.fcvg
        return cls(
            first=record.first,
            in_place=(compat.left(strip), compat.right(strip)) == (record.first, record.first + record.count),
            pushed=record.pushed,
            pushed_markers=record.pushed_markers,
            pushed_end=record.pushed_end,
            selected=strip.select,
            selected_before=frozenset(record.selected_before.split("\n")),
            active_before=record.active_before,
        )


def _select_again(scene: Scene, trace: _Trace) -> None:
    """Select what was selected before the strip was laid."""
    for strip in compat.strips(scene):
        if strip.name in trace.selected_before:
            strip.select = True
        if strip.name == trace.active_before:
            scene.sequence_editor.active_strip = strip
