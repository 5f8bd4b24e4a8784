"""Signs on the strips of inbetweens in the timeline: keys have changed, which take is shown, pinned, how far it is.

Drawn over each strip that is in view, never outside its box. All shapes of a view go to the graphics card at once.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import blf
import bpy
import gpu
import numpy as np

from .. import compat
from ..settings import strip_record

Colour = tuple[float, float, float, float]
Array = np.ndarray[Any, np.dtype[np.float32]]

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

CHANGED, PIN = "CHANGED", "PIN"  # signs that are shapes and no words: left, top, right, bottom of each part
_SHAPES = {
    CHANGED: ((-1, 5, 1, -1), (-1, -3, 1, -5)),
    PIN: ((-2, 5, 2, 3), (-1, 3, 1, 0), (-3, 0, 3, -1), (-0.5, -1, 0.5, -5)),
}


@dataclass(frozen=True)
class Box:
    """A rectangle of the region, in pixels."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True)
class Sign:
    """A word, or one of the shapes, on a coloured ground."""

    word: str
    ground: Colour
    ink: Colour


@dataclass
class DrawList:
    """What is to be drawn: corners of triangles [N, 3] with their colours [N, 4], and words with their left end and
    base line."""

    points: list[Array] = field(default_factory=list)
    colours: list[Array] = field(default_factory=list)
    words: list[tuple[str, float, float, Colour]] = field(default_factory=list)

    def fill(self, box: Box, colour: Colour, corner: float = 0.0) -> None:
        """A rectangle, its corners cut off by `corner` pixels."""
        points = _rectangle(box, corner)
        self.points.append(points)
        self.colours.append(_of_one(colour, len(points)))

    def stamp(self, sign: Sign, left: float, bottom: float, scale: float) -> None:
        """A sign with its lower left corner at this place."""
        picture = _picture(sign, scale)
        self.points.append(picture.points + np.array((left, bottom, 0.0), np.float32))
        self.colours.append(picture.colours)
        if sign.word not in _SHAPES:
            self.words.append((sign.word, left + PADDING_PX * scale, bottom + picture.base_line, sign.ink))


def signs(record: Any) -> list[Sign]:
    """What is to be said of a strip, the most important first."""
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


def lay_out(sheet: DrawList, box: Box, found: Iterable[Sign], fraction: float | None, scale: float) -> None:
    """Put the signs of a strip into its `box`, from the right, and its progress where there is one. None leaves it.

    Signs for which there is no room are left out; in place of the first there is a dot then.
    """
    margin, height = round(MARGIN_PX * scale), round(HEIGHT_PX * scale)
    room = Box(box.left + margin, box.bottom + margin, box.right - margin, box.top - margin)
    right = room.right
    for number, sign in enumerate(found):
        width = _picture(sign, scale).width
        if right - width < room.left or room.top - height < box.bottom:
            if number == 0:
                _dot(sheet, room, sign.ground, scale)
            break
        sheet.stamp(sign, right - width, room.top - height, scale)
        right -= width + margin
    if fraction is not None:
        border = max(0.0, min(BORDER_PX * scale, (box.right - box.left) / 4, (box.top - box.bottom) / 4))
        left, right, bottom = box.left + border, box.right - border, box.bottom + border
        top = min(bottom + BAR_PX * scale, box.top - border)
        sheet.fill(Box(left, bottom, right, top), TRACK)
        sheet.fill(Box(left, bottom, left + fraction * (right - left), top), FILL)


def draw() -> None:
    """Blender calls this for every view of the timeline that it draws."""
    context: Any = bpy.context
    scene = compat.sequencer_scene(context)
    if scene is None or context.space_data.view_type == "PREVIEW" or not context.space_data.show_overlays:
        return
    scale = context.preferences.system.ui_scale
    progress = {item.take: item.fraction for item in context.window_manager.fcvg.queue}
    sheet = DrawList()
    for strip in compat.strips(scene):
        record = strip.fcvg
        if record.id and not record.overlay:
            box = _box(context.region, strip, scale)
            if box is not None:
                lay_out(sheet, box, signs(record), _fraction(record, progress), scale)
    if sheet.points:
        _paint(sheet, scale)


_handle: Any = None


def register() -> None:
    """Have the signs drawn, where there is a window."""
    global _handle
    if compat.has_window():
        _handle = bpy.types.SpaceSequenceEditor.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL")


def unregister() -> None:
    """Have them drawn no longer."""
    global _handle
    if _handle is not None:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_handle, "WINDOW")
        _handle = None


def _box(region: Any, strip: Any, scale: float) -> Box | None:
    """The part of the strip's box that is in view, None where there is none."""
    to_region = region.view2d.view_to_region
    left, bottom = to_region(compat.left(strip), strip.channel + _BOTTOM, clip=False)
    right, top = to_region(compat.right(strip), strip.channel + _TOP, clip=False)
    left, bottom = max(left, 0), max(bottom, 0)
    right, top = min(right, region.width), min(top, region.height - RULER_PX * scale)
    return Box(left, bottom, right, top) if left < right and bottom < top else None


def _fraction(record: Any, progress: dict[str, float]) -> float | None:
    """How far the unfinished take of the strip is, None where all are finished."""
    for take in (record, *record.others):
        if take.state in (strip_record.RUNNING, strip_record.WAITING):
            return progress.get(take.id, 0.0)
    return None


def _dot(sheet: DrawList, room: Box, colour: Colour, scale: float) -> None:
    size = min(DOT_PX * scale, room.right - room.left, room.top - room.bottom)
    if size > 0:
        sheet.fill(Box(room.right - size, room.top - size, room.right, room.top), colour, size / 3)


@dataclass(frozen=True)
class _Picture:
    """A sign as triangles, its lower left corner at 0, 0; a word stands `base_line` above that."""

    points: Array
    colours: Array
    width: int
    base_line: float


@functools.cache
def _picture(sign: Sign, scale: float) -> _Picture:
    """Made once: drawing many of them is then a matter of moving them."""
    height = round(HEIGHT_PX * scale)
    blf.size(0, TEXT_PX * scale)
    content = 6 * scale if sign.word in _SHAPES else blf.dimensions(0, sign.word)[0]
    width = math.ceil(content + 2 * PADDING_PX * scale)
    sheet = DrawList()
    sheet.fill(Box(0, 0, width, height), sign.ground, CORNER_PX * scale)
    x, y = width // 2, height // 2
    for left, top, right, bottom in _SHAPES.get(sign.word, ()):
        sheet.fill(Box(x + left * scale, y + bottom * scale, x + right * scale, y + top * scale), sign.ink)
    return _Picture(np.concatenate(sheet.points), np.concatenate(sheet.colours), width, y - 0.36 * TEXT_PX * scale)


def _rectangle(box: Box, corner: float) -> Array:
    left, bottom, right, top = box.left, box.bottom, box.right, box.top
    corners = [
        *((left + corner, bottom), (right - corner, bottom), (right, bottom + corner), (right, top - corner)),
        *((right - corner, top), (left + corner, top), (left, top - corner), (left, bottom + corner)),
    ]
    if not corner:
        corners = corners[::2]
    fan = [(corners[0], second, third) for second, third in pairwise(corners[1:])]
    return np.array([(x, y, 0.0) for triangle in fan for x, y in triangle], np.float32)


def _of_one(colour: Colour, count: int) -> Array:
    return np.tile(np.array(colour, np.float32), (count, 1))


def _paint(sheet: DrawList, scale: float) -> None:
    shader = gpu.shader.from_builtin("FLAT_COLOR")
    points, colours = np.concatenate(sheet.points), np.concatenate(sheet.colours)
    layout = gpu.types.GPUVertFormat()
    for name, values in (("pos", points), ("color", colours)):
        layout.attr_add(id=name, comp_type="F32", len=values.shape[1], fetch_mode="FLOAT")
    corners: Any = gpu.types.GPUVertBuf(layout, len(points))
    corners.attr_fill("pos", points)
    corners.attr_fill("color", colours)
    gpu.state.blend_set("ALPHA")
    gpu.types.GPUBatch(type="TRIS", buf=corners).draw(shader)
    gpu.state.blend_set("NONE")
    blf.size(0, TEXT_PX * scale)
    for word, x, y, colour in sheet.words:
        blf.position(0, round(x), round(y), 0)
        blf.color(0, *colour)
        blf.draw(0, word)
