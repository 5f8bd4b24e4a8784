# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a pair of strips cannot get inbetweens, each with what the artist can do about it."""

from __future__ import annotations

from typing import Any

from .. import compat
from ..engine import errors
from ..i18n.translate import mark, plural, rpt
from ..settings.protocols import Scene, Strip
from . import animation

_NO_PICTURE = {
    "SOUND": (mark("“{name}” is a sound."), mark("Select strips that show a picture.")),
    "ADJUSTMENT": (
        mark("“{name}” is an adjustment layer and shows no picture of its own."),
        mark("Select the strips below it."),
    ),
    "MULTICAM": (mark("“{name}” only shows what is on another channel."), mark("Select strips of that channel.")),
    "CLIP": (mark("“{name}” is a movie clip strip."), mark("Put it into a meta strip (Ctrl G) and select that.")),
    "MASK": (mark("“{name}” is a mask."), mark("Put it into a meta strip (Ctrl G) and select that.")),
}


class ShotProblem(errors.BadRequest):
    """Why the selection cannot be inbetweened, in an artist's words, and what to do about it."""

    code = "bad_selection"


def check_editable(scene: Scene | None) -> None:
    """Raises ShotProblem without a scene, and for one that is linked from another file: it belongs to that file."""
    if scene is None:
        raise ShotProblem("The sequencer shows no scene.", "Choose one in its header.")
    if not scene.is_editable:
        raise ShotProblem(
            rpt("The scene “{name}” is linked from another file, so nothing in it can be changed here.").format(
                name=scene.name
            ),
            "Open that file, or make the scene local.",
        )


def is_picture(strip: Strip) -> bool:
    """Whether the strip can be a key: no sound, and none of ours that shows conditions."""
    return strip.type != "SOUND" and not strip.fcvg.overlay


def pair(strips: list[Strip]) -> tuple[Strip, Strip]:
    """The earlier and the later of the two strips that show a picture. Raises ShotProblem unless there are two."""
    pictures = [strip for strip in strips if is_picture(strip)]
    if not strips:
        raise ShotProblem("Nothing is selected.", "Select the two strips to be joined by inbetweens.")
    if len(pictures) != 2:
        if len(pictures) > 2 and all(strip.fcvg.id for strip in pictures):
            raise ShotProblem("These are inbetweens.", "To make more, select the strips to be joined by them.")
        if not pictures:
            only_sound = all(strip.type == "SOUND" for strip in strips)
            what = mark("Only sound is selected.") if only_sound else mark("Only conditions are selected.")
            raise ShotProblem(what, "Select two strips that show a picture.")
        if len(pictures) == 1:
            raise ShotProblem("Only one strip is selected.", "Select a second strip: hold Shift and click it.")
        raise ShotProblem(
            rpt("{count} strips are selected, inbetweens among them.").format(count=len(pictures)),
            "Select only strips to be keys.",
        )
    earlier, later = sorted(pictures, key=compat.left)
    return earlier, later


def check_order(earlier: Strip, later: Strip) -> None:
    """Raises ShotProblem where a strip shows no picture of its own, or where the two do not follow each other."""
    for strip in (earlier, later):
        if strip.type in _NO_PICTURE:
            why, hint = _NO_PICTURE[strip.type]
            raise ShotProblem(rpt(why).format(name=strip.name), hint)
    if compat.right(earlier) > compat.left(later):
        for effect, source in ((earlier, later), (later, earlier)):
            if any(each.name == source.name for each in compat.inputs(effect)):
                raise ShotProblem(
                    rpt("The effect “{effect}” is made of “{strip}”, so there is nothing between them.").format(
                        effect=effect.name, strip=source.name
                    ),
                    "Select strips that follow each other in time.",
                )
        overlap = min(compat.right(earlier), compat.right(later)) - compat.left(later)
        raise ShotProblem(
            plural(
                "“{earlier}” and “{later}” overlap by 1 frame.",
                "“{earlier}” and “{later}” overlap by {count} frames.",
                overlap,
            ).format(earlier=earlier.name, later=later.name, count=overlap),
            "Move or trim them so that one ends before the other starts.",
        )


def check_visible(scene: Scene, strip: Strip, frame: int) -> None:
    """Raises ShotProblem for a strip that is muted on `frame` or lies on a muted channel. Copies nothing."""
    channel = compat.channel(scene, strip.channel)
    if animation.is_muted(scene, strip, frame, copying=False):
        raise _muted(strip)
    if animation.is_muted(scene, channel, frame, copying=False):
        raise _on_muted(strip, channel)


def check_one_eye(scene: Scene, strip: Any) -> None:
    """Raises ShotProblem for a strip that shows each eye another picture, or is made of such a strip."""
    if getattr(strip, "use_multiview", False):
        raise ShotProblem(
            rpt("“{name}” holds pictures for two eyes, and inbetweens are made for one.").format(name=strip.name),
            "Switch off Use Multi-View in the strip, or give each eye a strip of its own.",
        )
    if strip.type == "SCENE" and scene.render.use_multiview:
        raise ShotProblem(
            rpt("“{name}” is rendered for two eyes, and inbetweens are made for one.").format(name=strip.name),
            "Switch off Stereoscopy in the output properties, or give each eye an edit of its own.",
        )
    inside = compat.contents(strip) if strip.type == "META" else ()
    for each in (*compat.inputs(strip), *inside):
        check_one_eye(scene, each)


def check_animated_mute(scene: Scene, level: Any, strip: Strip, frame: int) -> None:
    """Raises ShotProblem where animation mutes a strip of `level`, or its channel, on `frame`.

    What the artist has muted by hand since the inbetweens were made keeps its picture.
    """
    animated = compat.animated_paths(scene)
    channel = level.channels[strip.channel]
    for holder, problem in ((strip, _muted(strip)), (channel, _on_muted(strip, channel))):
        if holder.path_from_id("mute") in animated and animation.is_muted(scene, holder, frame, copying=True):
            raise problem


def _muted(strip: Strip) -> ShotProblem:
    return ShotProblem(rpt("“{name}” is muted.").format(name=strip.name), "Unmute it (Alt H) to use its picture.")


def _on_muted(strip: Strip, channel: Any) -> ShotProblem:
    return ShotProblem(
        rpt("“{name}” lies on the muted channel “{channel}”.").format(name=strip.name, channel=channel.name),
        "Unmute the channel.",
    )
