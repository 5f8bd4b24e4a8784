# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way of a new strip on the open level of an edit: other strips, locks, effects."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import compat
from ..i18n.translate import rpt
from ..settings.protocols import Scene
from .gap_refusals import ShotProblem


@dataclass(frozen=True)
class Obstacles:
    """The strips of the open level, read once for a whole board because Blender takes long to tell.

    `spans`: first frame, end and channel of each strip. `effects`: for each effect, where the earliest and the latest
    of its inputs begin. `locked`: where the last strip begins that cannot be moved.
    """

    scene: Scene
    spans: tuple[tuple[int, int, int], ...]
    effects: tuple[tuple[int, int], ...]
    locked: float

    @classmethod
    def of(cls, scene: Scene) -> Obstacles:
        """Those of the scene's edit as it is now."""
        strips = list(compat.strips(scene))
        channels = {number: compat.channel(scene, number).lock for number in {strip.channel for strip in strips}}
        spans = tuple((compat.left(strip), compat.right(strip), strip.channel) for strip in strips)
        sources = ([compat.left(source) for source in compat.inputs(strip)] for strip in strips)
        locked = (
            first for strip, (first, _, channel) in zip(strips, spans, strict=True) if channels[channel] or strip.lock
        )
        return cls(
            scene=scene,
            spans=spans,
            effects=tuple((min(lefts), max(lefts)) for lefts in sources if lefts),
            locked=max(locked, default=-math.inf),
        )

    def resist_push(self, cut: int) -> bool:
        """Whether what begins at frame `cut` or later cannot be pushed away; `make_room.to_push` says why."""
        return self.locked >= cut or any(first < cut <= last for first, last in self.effects)

    def free_channel(self, first: int, count: int, above: int, pushing: bool = False) -> int:
        """The lowest channel over `above` that is free on `count` frames from `first` on, neither locked nor muted.

        With `pushing` later strips make room: in the way are only strips that start before the cut and go on after it.
        Raises ShotProblem.
        """
        end = first if pushing else first + count
        taken = {channel for left, right, channel in self.spans if right > first and left < end}
        for number in range(above + 1, compat.LAST_CHANNEL + 1):
            channel = compat.channel(self.scene, number)
            if number not in taken and not channel.lock and not channel.mute:
                return number
        raise ShotProblem(
            rpt("There is no free channel above {above} on frames {first}–{last}.").format(
                above=above, first=first, last=first + count - 1
            ),
            "Free a channel above both strips: unlock it, unmute it, or move what lies there.",
        )
