# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs on the strips of inbetweens in the timeline: keys have changed, which take is shown, pinned, its progress.

They are drawn over each strip that is in view, never outside its box. All shapes of a view go to the graphics card at
once.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import blf
import bpy
import numpy as np

from .. import compat
from ..settings import strip_record
from .draw_list import Array, Box, Colour, DrawList

# At interface scale 1.
TEXT_PX = 10
HEIGHT_PX = 14
MARGIN_PX = 3  # to the strip's border and between signs
PADDING_PX = 4  # left and right of a word
CORNER_PX = 2
BAR_PX = 3  # height of the progress bar
BORDER_PX = 4  # of a selected strip
DOT_PX = 6  # where a strip is too small for a sign
RULER_PX = 24  # at the top of the view, where Blender draws the frame numbers

_TOP, _BOTTOM = 0.95, 0.05  # of a strip in its channel

AMBER: Colour = (1.0, 0.72, 0.10, 1.0)
DARK: Colour = (0.13, 0.13, 0.13, 1.0)
INK: Colour = (0.10, 0.07, 0.0, 1.0)
LIGHT: Colour = (0.95, 0.95, 0.95, 1.0)
TRACK: Colour = (0.0, 0.0, 0.0, 0.55)
FILL: Colour = (0.36, 0.72, 1.0, 1.0)

# Signs that are shapes and not words: left, top, right, bottom of each rectangle, from the middle of the sign.
CHANGED, PIN = "CHANGED", "PIN"
_SHAPES = {
    CHANGED: ((-1, 5, 1, -1), (-1, -3, 1, -5)),
    PIN: ((-2, 5, 2, 3), (-1, 3, 1, 0), (-3, 0, 3, -1), (-0.5, -1, 0.5, -5)),
}


@dataclass(frozen=True)
class Sign:
    """A word, or one of the shapes, on a coloured ground. `ink`: the colour of the word or shape."""

    word: str
    ground: Colour
    ink: Colour


def signs(record: Any) -> list[Sign]:
    """Return the signs for a strip, the most important first."""
    found = []
    if record.state == strip_record.ASKING:
        found.append(Sign("?", AMBER, INK))
    elif record.stale:
        found.append(Sign(CHANGED, AMBER, INK))
    if len(record.others):
        place = 1 + sum(take.number < record.number for take in record.others)
        found.append(Sign(f"{place}/{len(record.others) + 1}", DARK, LIGHT))
    if record.pinned:
        found.append(Sign(PIN, DARK, LIGHT))
    return found


def lay_out(shapes: DrawList, box: Box, found: Iterable[Sign], fraction: float | None, scale: float) -> None:
    """Put the signs of a strip into its `box`, from the right, and a progress bar for a `fraction` in [0, 1].

    Nothing lies outside the box. Signs for which there is no room are left out; a dot stands for the first of them.
    """
    margin, height = round(MARGIN_PX * scale), round(HEIGHT_PX * scale)
    room = Box(box.left + margin, box.bottom + margin, box.right - margin, box.top - margin)
    right = room.right
    for number, sign in enumerate(found):
        width = _picture(sign, scale).width
        if right - width < room.left or room.top - height < box.bottom:
            if number == 0:
                _dot(shapes, room, sign.ground, scale)
            break
        _stamp(shapes, sign, right - width, room.top - height, scale)
        right -= width + margin
    if fraction is not None:
        border = max(0.0, min(BORDER_PX * scale, (box.right - box.left) / 4, (box.top - box.bottom) / 4))
        left, right, bottom = box.left + border, box.right - border, box.bottom + border
        top = min(bottom + BAR_PX * scale, box.top - border)
        shapes.fill(Box(left, bottom, right, top), TRACK)
        shapes.fill(Box(left, bottom, left + fraction * (right - left), top), FILL)


def draw() -> None:
    """Blender calls this for every view of the timeline that it draws."""
    context: Any = bpy.context
    scene = compat.sequencer_scene(context)
    if scene is None or context.space_data.view_type == "PREVIEW" or not context.space_data.show_overlays:
        return
    scale = context.preferences.system.ui_scale
    progress = {item.take: item.fraction for item in context.window_manager.fcvg.queue}
    shapes = DrawList()
    for strip in compat.strips(scene):
        record = strip.fcvg
        if record.id and not record.overlay:
            box = _box(context.region, strip, scale)
            if box is not None:
                lay_out(shapes, box, signs(record), _fraction(record, progress), scale)
    if shapes.points:
        shapes.paint(TEXT_PX * scale)


_handle: Any = None


def register() -> None:
    """Let Blender draw the signs, where there is a window."""
    global _handle
    if compat.has_window():
        _handle = bpy.types.SpaceSequenceEditor.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL")


def unregister() -> None:
    """Stop drawing the signs."""
    global _handle
    if _handle is not None:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_handle, "WINDOW")
        _handle = None


def _box(region: Any, strip: Any, scale: float) -> Box | None:
    """Return the part of the strip's box that is in view, None where there is none."""
    to_region = region.view2d.view_to_region
    left, bottom = to_region(compat.left(strip), strip.channel + _BOTTOM, clip=False)
    right, top = to_region(compat.right(strip), strip.channel + _TOP, clip=False)
    left, bottom = max(left, 0), max(bottom, 0)
    right, top = min(right, region.width), min(top, region.height - RULER_PX * scale)
    return Box(left, bottom, right, top) if left < right and bottom < top else None


def _fraction(record: Any, progress: dict[str, float]) -> float | None:
    """Return the progress of the unfinished take of the strip, in [0, 1]; None where all are finished."""
    for take in (record, *record.others):
        if take.state in (strip_record.RUNNING, strip_record.WAITING):
            return progress.get(take.id, 0.0)
    return None


def _dot(shapes: DrawList, room: Box, colour: Colour, scale: float) -> None:
    """Put a dot into the upper right corner of `room`, in place of a sign."""
    size = min(DOT_PX * scale, room.right - room.left, room.top - room.bottom)
    if size > 0:
        shapes.fill(Box(room.right - size, room.top - size, room.right, room.top), colour, size / 3)


def _stamp(shapes: DrawList, sign: Sign, left: float, bottom: float, scale: float) -> None:
    """Put a sign with its lower left corner at this place."""
    picture = _picture(sign, scale)
    shapes.points.append(picture.points + np.array((left, bottom, 0.0), np.float32))
    shapes.colours.append(picture.colours)
    if sign.word not in _SHAPES:
        shapes.words.append((sign.word, left + PADDING_PX * scale, bottom + picture.base_line, sign.ink))


@dataclass(frozen=True)
class _Picture:
    """A sign as triangles, its lower left corner at 0, 0. A word stands `base_line` pixels above that."""

    points: Array
    colours: Array
    width: int
    base_line: float


@functools.cache
def _picture(sign: Sign, scale: float) -> _Picture:
    """Return a sign as triangles. Each is made once; drawing it on many strips only moves it."""
    height = round(HEIGHT_PX * scale)
    blf.size(0, TEXT_PX * scale)
    content = 6 * scale if sign.word in _SHAPES else blf.dimensions(0, sign.word)[0]
    width = math.ceil(content + 2 * PADDING_PX * scale)
    shapes = DrawList()
    shapes.fill(Box(0, 0, width, height), sign.ground, CORNER_PX * scale)
    x, y = width // 2, height // 2
    for left, top, right, bottom in _SHAPES.get(sign.word, ()):
        shapes.fill(Box(x + left * scale, y + bottom * scale, x + right * scale, y + top * scale), sign.ink)
    return _Picture(np.concatenate(shapes.points), np.concatenate(shapes.colours), width, y - 0.36 * TEXT_PX * scale)
