"""Selection → shot: which two keys, which frames lie between them, on which channel; or why it cannot be, in words.

Frames are those of the timeline. The earlier key is the last frame that the earlier strip shows before the
inbetweens, the later key the first one that the later strip shows after them (handles count, not the content).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bpy

from . import compat
from .engine import errors, protocol

GAP = "GAP"  # placement of a shot whose strips do not touch; the others are those of properties.PLACEMENTS

_NO_PICTURE = {
    "SOUND": ("is a sound", "Select strips that show a picture."),
    "ADJUSTMENT": ("is an adjustment layer and shows no picture of its own", "Select the strips below it."),
    "MULTICAM": ("only shows what is on another channel", "Select strips of that channel."),
    "CLIP": ("is a movie clip strip", "Put it into a meta strip (Ctrl G) and select that."),
    "MASK": ("is a mask", "Put it into a meta strip (Ctrl G) and select that."),
}


class ShotProblem(errors.BadRequest):
    """Why the selection cannot be inbetweened, in an artist's words, and what to do about it."""

    code = "bad_selection"


@dataclass(frozen=True)
class Shot:
    """Two keys and the place of the inbetweens between them, as the edit is before anything is moved.

    `start_strip`, `end_strip`: names of the strips, on the open level of the edit of scene `scene_name`.
    `start_frame`, `end_frame`: frames of the timeline that show the two keys now.
    `first` … `last`: the `count` frames of the timeline that the inbetweens will cover on `channel`.
    With placement PUSH everything that starts at `first` or later moves right by `count` when they are inserted.
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


def from_selection(scene: Any, strips: Iterable[Any], settings: Any) -> Shot:
    """The shot between two selected strips; sounds and conditions beside them are ignored. Raises ShotProblem."""
    earlier, later = _pair(list(strips))
    for strip in (earlier, later):
        _check_visible(scene, strip)
    cut = compat.right(earlier)
    gap = compat.left(later) - cut
    if gap > protocol.MAX_COUNT:
        raise ShotProblem(
            f"The gap is {gap} frames long; at most {protocol.MAX_COUNT} inbetweens can be made at once.",
            "Move the strips closer together.",
        )
    if gap > 0:
        placement, first, count = GAP, cut, gap
    else:
        placement, count = settings.placement, settings.count
        first = _first_when_touching(earlier, later, placement, count)
    if first - 1 < 0 and not _negative_frames_shown():
        raise ShotProblem(
            f"The earlier key is on frame {first - 1}, and Blender shows nothing before frame 0.",
            "Move the strips to the right, or allow negative frames in the preferences.",
        )
    pushing = placement == "PUSH"
    if pushing:
        to_push(scene, cut)
    return Shot(
        scene_name=scene.name,
        start_strip=earlier.name,
        end_strip=later.name,
        start_frame=first - 1,
        end_frame=first if pushing else first + count,
        placement=placement,
        first=first,
        last=first + count - 1,
        count=count,
        channel=free_channel(scene, first, count, max(earlier.channel, later.channel), pushing),
    )


def sentence(shot: Shot, method_label: str) -> str:
    """What will happen, such as `12 inbetweens, frames 25–36, channel 3, RIFE`."""
    if shot.count == 1:
        what = f"1 inbetween, frame {shot.first}"
    else:
        what = f"{shot.count} inbetweens, frames {shot.first}–{shot.last}"
    text = f"{what}, channel {shot.channel}, {method_label}"
    if shot.placement == "PUSH":
        text += f"; later strips move right by {shot.count}"
    return text


def to_push(scene: Any, cut: int) -> list[Any]:
    """The strips of the open level to be moved so that everything from frame `cut` on starts later, rightmost first.

    Effects follow their inputs and are left out. Raises ShotProblem where something is locked or would be torn.
    """
    moving = [strip for strip in compat.strips(scene) if compat.left(strip) >= cut]
    names = {strip.name for strip in moving}
    for strip in compat.strips(scene):
        sources = [source.name in names for source in compat.inputs(strip)]
        if any(sources) and not all(sources):
            raise ShotProblem(
                f"The effect “{strip.name}” joins a strip before the cut to one after it; pushing would tear it.",
                "Choose another place for the inbetweens, or remove the effect.",
            )
    for strip in moving:
        if strip.lock or compat.channel(scene, strip.channel).lock:
            raise ShotProblem(
                f"“{strip.name}” comes after the cut and is locked, so it cannot be pushed.",
                "Unlock the strip and its channel, or choose another place for the inbetweens.",
            )
    free = [strip for strip in moving if not any(True for _ in compat.inputs(strip))]
    return sorted(free, key=compat.left, reverse=True)


def _negative_frames_shown() -> bool:
    context: Any = bpy.context
    return bool(context.preferences.edit.use_negative_frames)


def _pair(strips: list[Any]) -> tuple[Any, Any]:
    """The earlier and the later of the two strips that show a picture."""
    pictures = [strip for strip in strips if strip.type != "SOUND" and not strip.fcvg.overlay]
    if not strips:
        raise ShotProblem("Nothing is selected.", "Select the two strips to be joined by inbetweens.")
    if len(pictures) != 2:
        if not pictures:
            what = "sound is" if all(strip.type == "SOUND" for strip in strips) else "conditions are"
            raise ShotProblem(f"Only {what} selected.", "Select two strips that show a picture.")
        if len(pictures) == 1:
            raise ShotProblem("Only one strip is selected.", "Select a second strip: hold Shift and click it.")
        raise ShotProblem(
            f"{len(pictures)} strips are selected.", "Select only the two strips to be joined by inbetweens."
        )
    for strip in pictures:
        if strip.type in _NO_PICTURE:
            why, hint = _NO_PICTURE[strip.type]
            raise ShotProblem(f"“{strip.name}” {why}.", hint)
    earlier, later = sorted(pictures, key=compat.left)
    if compat.right(earlier) > compat.left(later):
        for effect, source in ((earlier, later), (later, earlier)):
            if any(each.name == source.name for each in compat.inputs(effect)):
                raise ShotProblem(
                    f"The effect “{effect.name}” is made of “{source.name}”, so there is nothing between them.",
                    "Select strips that follow each other in time.",
                )
        overlap = min(compat.right(earlier), compat.right(later)) - compat.left(later)
        raise ShotProblem(
            f"“{earlier.name}” and “{later.name}” overlap by {overlap} frame{'s' if overlap > 1 else ''}.",
            "Move or trim them so that one ends before the other starts.",
        )
    return earlier, later


def _check_visible(scene: Any, strip: Any) -> None:
    if strip.mute:
        raise ShotProblem(f"“{strip.name}” is muted.", "Unmute it (Alt H) to use its picture.")
    channel = compat.channel(scene, strip.channel)
    if channel.mute:
        raise ShotProblem(f"“{strip.name}” lies on the muted channel “{channel.name}”.", "Unmute the channel.")


def _first_when_touching(earlier: Any, later: Any, placement: str, count: int) -> int:
    """First frame of `count` inbetweens at the cut of two strips that touch. Each strip keeps at least one frame."""
    cut = compat.right(earlier)
    over_end = {"OVER_END": count, "OVER_START": 0, "CENTRED": count // 2, "PUSH": 0}[placement]
    over_start = 0 if placement == "PUSH" else count - over_end
    for strip, covered, where in ((earlier, over_end, "end"), (later, over_start, "start")):
        length = compat.right(strip) - compat.left(strip)
        if covered >= length:
            raise ShotProblem(
                f"“{strip.name}” shows {length} frame{'s' if length > 1 else ''}, too short for {covered} "
                f"inbetween{'s' if covered > 1 else ''} over its {where}.",
                "Make fewer inbetweens, or push the later strips to make room.",
            )
    return cut - over_end


def free_channel(scene: Any, first: int, count: int, above: int, pushing: bool = False) -> int:
    """The lowest channel over `above` that is free on the frames, neither locked nor muted. Raises ShotProblem.

    When later strips are pushed away, only those that start before the cut and go on after it are in the way.
    """
    taken = {
        strip.channel
        for strip in compat.strips(scene)
        if compat.right(strip) > first and compat.left(strip) < (first if pushing else first + count)
    }
    for number in range(above + 1, compat.LAST_CHANNEL + 1):
        channel = compat.channel(scene, number)
        if number not in taken and not channel.lock and not channel.mute:
            return number
    raise ShotProblem(
        f"There is no free channel above {above} on frames {first}–{first + count - 1}.",
        "Free a channel above both strips: unlock it, unmute it, or move what lies there.",
    )
