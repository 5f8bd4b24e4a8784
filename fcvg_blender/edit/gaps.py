# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaps between strips: from a selection, or from a strip of inbetweens, to the shot that is to be made.

A shot says which two keys there are, which frames lie between them, and on which channel. Frames are those of the
timeline. The earlier key is the last frame that the earlier strip shows before the inbetweens, the later key the first
one that the later strip shows after them (handles count, not the content).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import bpy

from .. import compat
from ..engine import protocol
from ..i18n.translate import mark, plural, rpt
from ..settings import menu_choices, strip_record
from ..settings.protocols import Scene, Strip
from . import make_room, take_files
from .gap_refusals import (
    ShotProblem,
    check_editable,
    check_one_eye,
    check_order,
    check_visible,
    is_picture,
    pair,
)
from .obstacles import Obstacles

GAP = "GAP"  # placement of a shot whose strips do not touch; the others are those of menu_choices.PLACEMENTS

_TOO_LONG = mark("The gap is {frames} frames long; at most {most} inbetweens can be made at once.")


@dataclass(frozen=True)
class Shot:
    """Two keys and the place of the inbetweens between them, as the edit is before anything is moved.

    `start_strip`, `end_strip`: names of the strips, on the open level of the edit of scene `scene_name`.
    `start_frame`, `end_frame`: frames of the timeline that show the two keys now.
    `first` … `last`: the `count` frames of the timeline that the inbetweens will cover on `channel`.
    With placement PUSH everything that starts at `first` or later moves right by `count` when they are inserted.
    `metas`: names of the meta strips that are open, outermost first. One strip may be both keys.
    `under`, `over`: names of strips that stay above the inbetweens, and that these come to cover; see `Place`.
    """

    scene_name: str
    start_strip: str
    end_strip: str
    start_frame: int
    end_frame: int
    placement: str
    first: int
    last: int
    count: int
    channel: int
    metas: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """The `shots` between strips that follow each other, as the edit is before anything is moved.

    `left_out`: sentences about pairs of strips that get no inbetweens.
    """

    shots: tuple[Shot, ...]
    left_out: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Inbetweens of all shots together."""
        return sum(shot.count for shot in self.shots)


def chain(scene: Scene, strips: Iterable[Strip], settings: Any) -> Chain:
    """The shots between each of the selected strips and the next one. Raises ShotProblem where there is none.

    With two strips any problem is raised. With more, pairs that cannot be inbetweened are left out, and so are those
    that have inbetweens already.
    """
    check_editable(scene)
    chosen = list(strips)
    pictures = sorted((strip for strip in chosen if is_picture(strip) and not strip.fcvg.id), key=compat.left)
    if len(pictures) < 3:
        return Chain((from_selection(scene, chosen, settings),))
    filled = set(_filled(scene))
    obstacles = Obstacles.of(scene)
    shots: list[Shot] = []
    left_out: list[str] = []
    for earlier, later in pairwise(pictures):
        if (earlier.name, later.name) in filled:
            there = rpt("“{earlier}” and “{later}” have inbetweens already.")
            left_out.append(there.format(earlier=earlier.name, later=later.name))
            continue
        try:
            shot = _between(scene, earlier, later, settings, obstacles)
            if shots:
                _check_shared(shots[-1], shot)
        except ShotProblem as problem:
            left_out.append(problem.message)
        else:
            shots.append(shot)
    if not shots:
        raise ShotProblem(left_out[0], "Select strips that follow each other in time.")
    return Chain(tuple(shots), tuple(left_out))


def is_inbetweens(strip: Strip) -> bool:
    """Whether the strip is one of ours that shows inbetweens."""
    return bool(strip.type == "IMAGE" and strip.fcvg.id and not strip.fcvg.overlay)


def from_selection(scene: Scene, strips: Iterable[Strip], settings: Any) -> Shot:
    """The shot between two selected strips; sounds and conditions beside them are ignored. Raises ShotProblem."""
    check_editable(scene)
    return between(scene, *pair(list(strips)), settings)


def between(scene: Scene, earlier: Strip, later: Strip, settings: Any) -> Shot:
    """The shot between two strips of the open level. Raises ShotProblem."""
    return _between(scene, earlier, later, settings, Obstacles.of(scene))


def _between(scene: Scene, earlier: Strip, later: Strip, settings: Any, obstacles: Obstacles) -> Shot:
    """As `between`, with what is in the way on the open level."""
    check_order(earlier, later)
    cut = compat.right(earlier)
    gap = compat.left(later) - cut
    if gap > protocol.MAX_COUNT:
        raise ShotProblem(
            rpt(_TOO_LONG).format(frames=gap, most=protocol.MAX_COUNT),
            "Move the strips closer together.",
        )
    if gap > 0:
        placement, first, count = GAP, cut, gap
    else:
        placement, count = settings.placement or menu_choices.PLACEMENTS[0][0], settings.inbetweens()
        first = _first_when_touching(earlier, later, placement, count)
    if first - 1 < 0 and not _negative_frames_shown():
        raise ShotProblem(
            rpt("The earlier key is on frame {frame}, and Blender shows nothing before frame 0.").format(
                frame=first - 1
            ),
            "Move the strips to the right, or allow negative frames in the preferences.",
        )
    pushing = placement == "PUSH"
    end_frame = first if pushing else first + count
    for strip in (earlier, later):
        check_one_eye(scene, strip)
    check_visible(scene, earlier, first - 1)
    check_visible(scene, later, end_frame)
    if pushing and obstacles.resist_push(cut):
        make_room.to_push(scene, cut)  # says why not
    place = obstacles.place(first, count, (earlier, later), pushing)
    return Shot(
        scene_name=scene.name,
        start_strip=earlier.name,
        end_strip=later.name,
        start_frame=first - 1,
        end_frame=end_frame,
        placement=placement,
        first=first,
        last=first + count - 1,
        count=count,
        channel=place.channel,
        metas=tuple(meta.name for meta in scene.sequence_editor.meta_stack),
        under=place.under,
        over=place.over,
    )


def of_strip(scene: Scene, strip: Strip) -> Shot:
    """The shot of a strip of inbetweens as its keys lie now. Raises ShotProblem where one is gone or there is no room.

    Its channel is the strip's own. Inbetweens that lie over their keys keep their place. Those in a gap follow the gap.
    """
    record = strip.fcvg
    earlier, later = keys_of(scene, strip)
    first, count = round(compat.content_start(strip)), strip_record.within(record, "count")
    if record.placement in {GAP, "PUSH"} and earlier.name != later.name:
        first = compat.right(earlier)
        count = compat.left(later) - first
        if count < 1:
            raise ShotProblem(
                rpt("There is no room any more between “{earlier}” and “{later}”.").format(
                    earlier=earlier.name, later=later.name
                ),
                "Move the keys apart, or remove the inbetweens.",
            )
        if count > protocol.MAX_COUNT:
            raise ShotProblem(
                rpt(_TOO_LONG).format(frames=count, most=protocol.MAX_COUNT),
                "Move the strips closer together.",
            )
    return Shot(
        scene_name=scene.name,
        start_strip=earlier.name,
        end_strip=later.name,
        start_frame=_within(earlier, first - 1),
        end_frame=_within(later, first + count),
        placement=record.placement,
        first=first,
        last=first + count - 1,
        count=count,
        channel=strip.channel,
        metas=tuple(meta.name for meta in compat.metas_around(strip)),
    )


def keys_of(scene: Scene, strip: Strip) -> tuple[Strip, Strip]:
    """The strips of the two keys of the inbetweens of `strip`. Raises ShotProblem when one is gone."""
    record = strip.fcvg
    beside = [each for each in compat.contents(compat.home(scene, strip)) if each != strip]
    # A key that was split or duplicated has its id twice: the nearer one counts.
    first, after = compat.left(strip), compat.right(strip)
    earlier = _key(beside, record.key_start_id, record.key_start, lambda key: abs(compat.right(key) - first))
    if earlier is None:
        raise _gone(rpt("The earlier key of “{strip}”, the strip “{key}”, is gone."), strip, record.key_start)
    later = _key(beside, record.key_end_id, record.key_end, lambda key: abs(compat.left(key) - after))
    if later is None:
        raise _gone(rpt("The later key of “{strip}”, the strip “{key}”, is gone."), strip, record.key_end)
    return earlier, later


def _filled(scene: Scene) -> Iterator[tuple[str, str]]:
    """For each strip of inbetweens on the open level, the names of the strips of its two keys."""
    for strip in compat.strips(scene):
        if is_inbetweens(strip):
            with suppress(ShotProblem):
                earlier, later = keys_of(scene, strip)
                yield earlier.name, later.name


def _key(strips: list[Strip], key_id: str, name: str, distance: Callable[[Strip], int]) -> Strip | None:
    found = [strip for strip in strips if key_id and strip.fcvg.key == key_id]
    if not found:
        found = [strip for strip in strips if strip.name == name]  # of a file made before keys had ids
    return min(found, key=distance, default=None)


def _gone(sentence: str, strip: Strip, key: str) -> ShotProblem:
    return ShotProblem(
        sentence.format(strip=strip.name, key=key), "Bring it back, or select two strips and generate anew."
    )


def _within(strip: Strip, frame: int) -> int:
    """The frame that the strip shows which is nearest to `frame`."""
    return max(compat.left(strip), min(frame, compat.right(strip) - 1))


def sentence(chain: Chain, method_label: str) -> str:
    """Words for what will be made, such as `12 inbetweens, frames 25–36, channel 3, RIFE`, and what lies above it or
    comes to lie below."""
    layers = " ".join(_layers(chain))
    made = _made(chain, method_label)
    return f"{made}. {layers}" if layers else made


def _layers(chain: Chain) -> Iterator[str]:
    """Sentences about the strips that stay above the inbetweens of `chain`, and about those that these cover."""
    under = list(dict.fromkeys(name for shot in chain.shots for name in shot.under))
    over = list(dict.fromkeys(name for shot in chain.shots for name in shot.over))
    if under:
        yield plural(
            "“{name}” stays above the inbetweens.",
            "“{name}” and what else lies above the keys ({count} strips) stay above the inbetweens.",
            len(under),
        ).format(name=under[0], count=len(under))
    if over:
        yield plural(
            "The inbetweens will cover “{name}”: to have it above them, move it to a higher channel.",
            "The inbetweens will cover {count} strips, “{name}” among them: to have these above, move them higher.",
            len(over),
        ).format(name=over[0], count=len(over))


def _made(chain: Chain, method_label: str) -> str:
    """Words for what will be made."""
    shot = chain.shots[0]
    if len(chain.shots) > 1:
        text = rpt("{gaps} gaps, {count} inbetweens, {method}").format(
            gaps=len(chain.shots), count=chain.count, method=method_label
        )
        moved = sum(each.count for each in chain.shots if each.placement == "PUSH")
        return text + (rpt("; later strips move right by up to {frames}").format(frames=moved) if moved else "")
    text = plural(
        "1 inbetween, frame {first}, channel {channel}, {method}",
        "{count} inbetweens, frames {first}–{last}, channel {channel}, {method}",
        shot.count,
    ).format(count=shot.count, first=shot.first, last=shot.last, channel=shot.channel, method=method_label)
    if shot.placement == "PUSH":
        text += rpt("; later strips move right by {frames}").format(frames=shot.count)
    return text


def _negative_frames_shown() -> bool:
    context: Any = bpy.context
    return bool(context.preferences.edit.use_negative_frames)


def _check_shared(before: Shot, after: Shot) -> None:
    """Raises ShotProblem where the inbetweens of two shots leave no frame of the strip between them."""
    if before.end_strip == after.start_strip and before.end_frame > after.start_frame:
        raise ShotProblem(
            rpt("“{name}” is too short for inbetweens over its start and its end.").format(name=after.start_strip),
            "Make fewer inbetweens, or push the later strips to make room.",
        )


def _first_when_touching(earlier: Strip, later: Strip, placement: str, count: int) -> int:
    """The first frame of `count` inbetweens at the cut of two strips that touch.

    Raises ShotProblem where one of the strips would keep no frame of its own.
    """
    cut = compat.right(earlier)
    over_end = {"OVER_END": count, "OVER_START": 0, "CENTRED": count // 2, "PUSH": 0}[placement]
    over_start = 0 if placement == "PUSH" else count - over_end
    end = plural("too short for 1 inbetween over its end", "too short for {count} inbetweens over its end", over_end)
    start = plural(
        "too short for 1 inbetween over its start", "too short for {count} inbetweens over its start", over_start
    )
    for strip, covered, why in ((earlier, over_end, end), (later, over_start, start)):
        length = compat.right(strip) - compat.left(strip)
        if covered >= length:
            raise ShotProblem(
                plural("“{name}” shows 1 frame, {why}.", "“{name}” shows {count} frames, {why}.", length).format(
                    name=strip.name, count=length, why=why.format(count=covered)
                ),
                "Make fewer inbetweens, or push the later strips to make room.",
            )
    return cut - over_end


def key_of(scene: Scene, shot: Shot, which: str) -> tuple[Strip, int]:
    """The strip that shows a key of the shot, and the frame on which it does."""
    name, frame = (
        (shot.start_strip, shot.start_frame) if which == take_files.START else (shot.end_strip, shot.end_frame)
    )
    beside = compat.contents(compat.level_in(scene, shot.metas))
    return next(strip for strip in beside if strip.name == name), frame
