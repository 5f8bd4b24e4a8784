# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for inbetweens where strips touch: the rest of the edit is pushed to the right, and pulled back later.

On the open level of the edit everything that begins at the cut or later moves. Where that is the whole edit, markers
and the end of the scene move too.
"""

from __future__ import annotations

from typing import Any

from .. import compat
from ..i18n.translate import rpt
from ..settings.protocols import Scene, Strip, StripRecord
from .gap_refusals import ShotProblem


def to_push(scene: Scene, cut: int) -> list[Strip]:
    """The strips of the open level to be moved so that everything from frame `cut` on starts later, rightmost first.

    Effects follow their inputs and are left out. Raises ShotProblem where something is locked or would be torn.
    """
    moving = [strip for strip in compat.strips(scene) if compat.left(strip) >= cut]
    names = {strip.name for strip in moving}
    for strip in compat.strips(scene):
        if _would_tear(strip, names):
            raise ShotProblem(
                rpt("The effect “{name}” joins a strip before the cut to one after it; pushing would tear it.").format(
                    name=strip.name
                ),
                "Choose another place for the inbetweens, or remove the effect.",
            )
    for strip in moving:
        if strip.lock or compat.channel(scene, strip.channel).lock:
            raise ShotProblem(
                rpt("“{name}” comes after the cut and is locked, so it cannot be pushed.").format(name=strip.name),
                "Unlock the strip and its channel, or choose another place for the inbetweens.",
            )
    free = [strip for strip in moving if not _is_effect(strip)]
    return sorted(free, key=compat.left, reverse=True)


def push_strips(scene: Scene, cut: int, frames: int) -> None:
    """Move the strips that begin at frame `cut` or later to the right. Raises ShotProblem; nothing has moved then."""
    for strip in to_push(scene, cut):
        _move(strip, frames)


def push_the_rest(scene: Scene, cut: int, frames: int, record: StripRecord) -> None:
    """Move markers and the end of the scene as strips were moved; `record` remembers what was moved.

    Markers stay where the scene's settings say so, the end where it lies before the cut. Inside a meta strip both stay.
    """
    record.pushed = frames
    if compat.level(scene) != scene.sequence_editor:
        return
    if scene.fcvg.push_markers:
        record.pushed_markers = True
        shift_markers(scene, cut, frames)
    if scene.frame_end >= cut:
        record.pushed_end = True
        scene.frame_end += frames


def shift_markers(scene: Scene, first: int, frames: int) -> None:
    """Move the scene's markers from frame `first` on in time."""
    for marker in scene.timeline_markers:
        if marker.frame >= first:
            marker.frame += frames


def pull_back(home: Any, cut: int, frames: int) -> bool:
    """Close the room of `frames` frames at `cut` on a level of the edit if it is empty; whether it was closed.

    `home` is the meta strip or the sequence editor that the strips lie in. The room stays open where a strip reaches
    into it, where what comes after it is locked or would be torn, and where there is something else on its way.
    """
    everything = list(compat.contents(home))
    moving = [strip for strip in everything if compat.left(strip) >= cut + frames]
    names = {strip.name for strip in moving}
    staying = [strip for strip in everything if strip.name not in names]
    if any(compat.left(strip) >= cut for strip in staying):
        return False
    if any(strip.lock or home.channels[strip.channel].lock for strip in moving):
        return False
    if any(_would_tear(strip, names) for strip in everything):
        return False
    for channel in {strip.channel for strip in moving}:
        landing = min(compat.left(strip) for strip in moving if strip.channel == channel) - frames
        if any(compat.right(strip) > landing for strip in staying if strip.channel == channel):
            return False
    for strip in sorted(moving, key=compat.left):
        if not _is_effect(strip):
            _move(strip, -frames)
    return True


def _is_effect(strip: Strip) -> bool:
    """Whether the strip is made of others, whose place it follows."""
    return any(True for _ in compat.inputs(strip))


def _would_tear(strip: Strip, moving: set[str]) -> bool:
    """Whether the strip is an effect of which one input moves and another stays."""
    return len({source.name in moving for source in compat.inputs(strip)}) > 1


def _move(strip: Strip, frames: int) -> None:
    """Move a strip in time. Its record, if it is one of ours, says afterwards that it was laid there."""
    compat.shift(strip, frames)
    record = strip.fcvg
    if record.id:
        record.first += frames
        record.start_frame += frames
        record.end_frame += frames
