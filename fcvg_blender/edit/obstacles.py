# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way of a new strip on the open level of an edit: other strips, locks, effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .. import compat
from ..i18n.translate import rpt
from ..settings.protocols import Scene, Strip
from .gap_refusals import ShotProblem, is_picture


@dataclass(frozen=True)
class Place:
    """A free channel for new frames. `under`: names of the visible strips that stay above it on these frames, lowest
    first. `over`: those at the level of the keys or above it that come to lie below."""

    channel: int
    under: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obstacles:
    """The strips of the open level, read once for a whole board because Blender takes long to tell.

    `spans`: first frame, end and channel of each strip. `pictures`: these and the name of each strip of the artist's
    that can be seen, lowest channel first. `effects`: for each effect, where the earliest and the latest
    of its inputs begin. `locked`: where the last strip begins that cannot be moved.
    """

    scene: Scene
    spans: tuple[tuple[int, int, int], ...]
    pictures: tuple[tuple[int, int, int, str], ...]
    effects: tuple[tuple[int, int], ...]
    locked: float

    @classmethod
    def of(cls, scene: Scene) -> Obstacles:
        """Those of the scene's edit as it is now."""
        strips = list(compat.strips(scene))
        channels = {number: compat.channel(scene, number) for number in {strip.channel for strip in strips}}
        spans = tuple((compat.left(strip), compat.right(strip), strip.channel) for strip in strips)
        sources = ([compat.left(source) for source in compat.inputs(strip)] for strip in strips)
        pictures = (
            (*span, strip.name)
            for strip, span in zip(strips, spans, strict=True)
            if is_picture(strip) and not strip.mute and not channels[strip.channel].mute
        )
        locked = (
            first
            for strip, (first, _, channel) in zip(strips, spans, strict=True)
            if channels[channel].lock or strip.lock
        )
        return cls(
            scene=scene,
            spans=spans,
            pictures=tuple(sorted(pictures, key=lambda picture: picture[2])),
            effects=tuple((min(lefts), max(lefts)) for lefts in sources if lefts),
            locked=max(locked, default=-math.inf),
        )

    def resist_push(self, cut: int) -> bool:
        """Whether what begins at frame `cut` or later cannot be pushed away; `make_room.to_push` says why."""
        return self.locked >= cut or any(first < cut <= last for first, last in self.effects)

    def place(self, first: int, count: int, keys: Sequence[Strip], pushing: bool = False) -> Place:
        """Where `count` new frames from `first` on lie as their `keys` do, so that what lies above these stays above.

        That is on a key's own channel, where it is free and nothing at the level of the keys hides it; else on the
        lowest free channel above both. `pushing` is as in `free_channel`. Raises ShotProblem.
        """
        end = first if pushing else first + count
        top = max(key.channel for key in keys)
        names = {key.name for key in keys}
        seen = [(channel, name) for left, right, channel, name in self.pictures if right > first and left < end]
        channel = next(
            (
                own
                for own in sorted({key.channel for key in keys}, reverse=True)
                if self._is_free(own, first, end) and not any(own < number <= top for number, _ in seen)
            ),
            0,
        ) or self.free_channel(first, count, top, pushing)
        return Place(
            channel,
            under=tuple(name for number, name in seen if number > channel),
            over=tuple(name for number, name in seen if top <= number < channel and name not in names),
        )

    def _is_free(self, number: int, first: int, end: int) -> bool:
        """Whether nothing lies on the channel on frames `first` … `end - 1`, and it is neither locked nor muted."""
        channel = compat.channel(self.scene, number)
        is_taken = any(each == number and right > first and left < end for left, right, each in self.spans)
        return not (is_taken or channel.lock or channel.mute)

    def free_channel(self, first: int, count: int, above: int, pushing: bool = False) -> int:
        """The lowest channel over `above` that is free on `count` frames from `first` on, neither locked nor muted.

        With `pushing` later strips make room: in the way are only strips that start before the cut and go on after it.
        Raises ShotProblem.
        """
        end = first if pushing else first + count
        for number in range(above + 1, compat.LAST_CHANNEL + 1):
            if self._is_free(number, first, end):
                return number
        raise ShotProblem(
            rpt("There is no free channel above {above} on frames {first}–{last}.").format(
                above=above, first=first, last=first + count - 1
            ),
            "Free a channel above both strips: unlock it, unmute it, or move what lies there.",
        )
