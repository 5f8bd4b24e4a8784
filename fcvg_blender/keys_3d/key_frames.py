# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of a 3D scene become keys: keyframes of the selected objects, or frames that were written down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..engine import errors, protocol
from ..i18n.translate import mark, plural, rpt
from ..settings import keys_3d

LAST_FRAME = 1048574  # of Blender's timeline
FEWEST = 2

_SHOWN = 8  # frames that a sentence names one by one


class KeyProblem(errors.BadRequest):
    """Why these frames cannot become keys, in an artist's words, and what to do about it."""

    code = "bad_keys"


def chosen(context: Any, scene: Any) -> tuple[int, ...]:
    """Return the frames to be rendered, two or more, ascending, as `scene.fcvg.stills` says. Raises KeyProblem."""
    stills = scene.fcvg.stills
    if stills.source == keys_3d.TYPED:
        frames = typed(stills.frames)
    else:
        frames = of_objects(scene, context.view_layer.objects.selected)
    for earlier, later in pairwise(frames):
        if later - earlier - 1 > protocol.MAX_COUNT:
            raise KeyProblem(
                rpt(
                    "From key {earlier} to key {later} are {frames} frames; "
                    "at most {most} inbetweens can be made at once."
                ).format(earlier=earlier, later=later, frames=later - earlier - 1, most=protocol.MAX_COUNT),
                "Add a key in between.",
            )
    if frames[-1] - frames[0] + 1 == len(frames):
        raise KeyProblem(
            rpt("There is nothing between the keys {keys}.").format(keys=listed(frames)),
            "Choose keys that are further apart than a frame.",
        )
    return frames


def typed(text: str) -> tuple[int, ...]:
    """Return the frames that are written in `text`, ascending, each once. Raises KeyProblem."""
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    try:
        frames = sorted({int(word) for word in words})
    except ValueError:
        raise KeyProblem(
            rpt("“{text}” holds something that is no frame.").format(text=text[:40]),
            "Write whole numbers, such as 1, 25, 49.",
        ) from None
    if len(frames) < FEWEST:
        raise KeyProblem(
            mark("One frame is written down; two are needed.")
            if frames
            else mark("No frames are written down; two are needed."),
            "Write frames with commas between them, such as 1, 25, 49.",
        )
    context: Any = bpy.context
    first = -LAST_FRAME if context.preferences.edit.use_negative_frames else 0
    for frame in frames:
        if not first <= frame <= LAST_FRAME:
            raise KeyProblem(
                rpt("There is no frame {frame} on the timeline.").format(frame=frame),
                rpt("Write frames from {first} to {last}.").format(first=first, last=LAST_FRAME),
            )
    return tuple(frames)


def of_objects(scene: Any, objects: Iterable[Any]) -> tuple[int, ...]:
    """Return the frames of the scene's range on which the objects have keyframes, ascending, each once.

    Where keyframes on two or more frames are selected in an animation editor, only these count. A single selected one
    does not count as a choice: Blender selects each keyframe that is set. Raises KeyProblem.
    """
    objects = list(objects)
    if not objects:
        raise KeyProblem(
            "Nothing is selected.", "Select the objects that move, or choose Frames and write down which to render."
        )
    first, last = _range(scene)
    found = [(np.rint(frames), selected) for owner in objects for frames, selected in _keyframes(owner)]
    everything: set[int] = set()
    picked: set[int] = set()
    for frames, selected in found:
        inside = (frames >= first) & (frames <= last)
        everything.update(frames[inside].astype(int).tolist())
        picked.update(frames[inside & selected].astype(int).tolist())
    chosen_ones = picked if len(picked) >= FEWEST else everything
    if len(chosen_ones) >= FEWEST:
        return tuple(sorted(chosen_ones))
    raise KeyProblem(
        _lack(bool(everything), bool(found), len(objects)).format(
            name=objects[0].name, count=len(objects), first=first, last=last
        ),
        _advice(objects, bool(found)),
    )


def listed(frames: tuple[int, ...]) -> str:
    """Return frames as text, such as `1, 25, 49`; of many the middle is left out."""
    if len(frames) <= _SHOWN:
        return ", ".join(map(str, frames))
    return f"{', '.join(map(str, frames[: _SHOWN - 2]))}, … {frames[-1]}"


def sentence(frames: tuple[int, ...], method_label: str) -> str:
    """Return what will happen, such as `Keys 1, 25, 49: 3 renders, 46 inbetweens, RIFE`."""
    between = frames[-1] - frames[0] + 1 - len(frames)
    return plural(
        "Keys {keys}: {renders} renders, 1 inbetween, {method}",
        "Keys {keys}: {renders} renders, {count} inbetweens, {method}",
        between,
    ).format(keys=listed(frames), renders=len(frames), count=between, method=method_label)


def _range(scene: Any) -> tuple[int, int]:
    """The first and the last frame that count."""
    if scene.use_preview_range:
        return scene.frame_preview_start, scene.frame_preview_end
    return scene.frame_start, scene.frame_end


def _keyframes(thing: Any) -> Iterator[tuple[Any, Any]]:
    """Yield for each channel of an object, its data and its shape keys the frames of its keyframes, float32 [N], and
    which of them are selected, bool [N]."""
    data = thing.data
    for owner in (thing, data, getattr(data, "shape_keys", None)):
        for curve in compat.fcurves(owner) if hasattr(owner, "animation_data") else ():
            points = curve.keyframe_points
            if not curve.mute and len(points):
                places, selected = np.empty(2 * len(points), np.float32), np.empty(len(points), bool)
                points.foreach_get("co", places)
                points.foreach_get("select_control_point", selected)
                yield places[::2], selected
    if thing.type in compat.GREASE_PENCILS:
        for layer in data.layers:
            if not layer.hide and len(layer.frames):
                frames, selected = np.empty(len(layer.frames), np.int32), np.empty(len(layer.frames), bool)
                layer.frames.foreach_get("frame_number", frames)
                layer.frames.foreach_get("select", selected)
                yield frames.astype(np.float32), selected


def _lack(has_one: bool, is_range: bool, count: int) -> str:
    """The sentence that says what is missing, a template. `has_one`: there is one keyframe in the range of frames;
    `is_range`: there are keyframes, but outside of the range; `count`: of the selected objects."""
    if has_one:
        return plural(
            "“{name}” has one keyframe within frames {first}–{last}; two are needed.",
            "The {count} selected objects have one keyframe within frames {first}–{last}; two are needed.",
            count,
        )
    if is_range:
        return plural(
            "“{name}” has no keyframes within frames {first}–{last}; two are needed.",
            "The {count} selected objects have no keyframes within frames {first}–{last}; two are needed.",
            count,
        )
    return plural(
        "“{name}” has no keyframes; two are needed.",
        "The {count} selected objects have no keyframes; two are needed.",
        count,
    )


def _advice(objects: list[Any], has_keyframes: bool) -> str:
    """What the artist can do about it."""
    if has_keyframes:
        return rpt("Set another keyframe inside the range of the scene, or choose Frames and write them down.")
    for thing in objects:
        for mover in _movers(thing):
            if any(True for _ in _keyframes(mover)):
                return rpt("“{name}” moves it: select that.").format(name=mover.name)
    return rpt("Select the objects that are animated, or choose Frames and write them down.")


def _movers(thing: Any) -> Iterator[Any]:
    """Yield what may move an object that is not animated itself: its armatures and its parents."""
    for modifier in thing.modifiers:
        mover = getattr(modifier, "object", None)
        if mover is not None:
            yield mover
    while thing.parent is not None:
        thing = thing.parent
        yield thing
