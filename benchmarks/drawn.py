# SPDX-License-Identifier: GPL-3.0-or-later
"""Cel animation drawn by program: flat colours, dark outlines, known motion, so the true inbetweens can be drawn too.

`frame(seed, time)` draws the moment `time` in [0, 1] of shot `seed`. A shot is a character (head, hair, body, limbs)
that crosses, turns and waves before a painted background that pans. By seed modulo 3 the character crosses 5, 15 or
35 % of the picture: inbetweens of an animation on twos, of one on fours, and of two key poses.
"""

from __future__ import annotations

import cv2
import numpy as np

_SUPERSAMPLING = 2
_FRACTION_BITS = 4
_OUTLINE = (30, 22, 26)
_NEAR_PX = 4.0  # from an outline: half its width and what a detector is off


def frame(seed: int, time: float, width: int = 640, height: int = 384) -> np.ndarray:
    """uint8 [height, width, 3], RGB."""
    return _drawn(seed, time, width, height).finished()


def moved(
    seed: int, segments: np.ndarray, times: tuple[float, float], width: int = 640, height: int = 384
) -> np.ndarray:
    """Where edges [N, 2, 2] seen at the first of two times, in pixels, are at the second; NaN off all outlines.

    An edge belongs to the shape in front, and goes with that part of the shape's outline that is next to it.
    """
    start, end = (_drawn(seed, time, width, height).outlines for time in times)
    result = np.full(segments.shape, np.nan)
    for index, segment in enumerate(segments):
        along = segment[0] + np.linspace(0.1, 0.9, 9)[:, None] * (segment[1] - segment[0])
        owners = [_owner(start, point) for point in along]
        owner = max(set(owners), key=owners.count)
        if owner is not None:
            result[index] = [_carried(start[owner], end[owner], point) for point in segment]
    return result


def _owner(outlines: list[np.ndarray], point: np.ndarray) -> int | None:
    """The foremost shape on whose outline the point lies; none inside of a shape and off all of them."""
    for index in reversed(range(len(outlines))):
        inside = cv2.pointPolygonTest(outlines[index].astype(np.float32), tuple(map(float, point)), True)
        if inside > -_NEAR_PX:
            return index if inside < _NEAR_PX else None
    return None


def _carried(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The point beside the outline `end` [K, 2] that is as far along and off it as `point` of the outline `start`."""
    side = np.roll(start, -1, 0) - start
    share = np.clip(((point - start) * side).sum(1) / (side**2).sum(1), 0, 1)
    off = point - (start + share[:, None] * side)
    nearest = int((off**2).sum(1).argmin())
    side, offset, share = side[nearest], off[nearest], share[nearest]
    goal = np.roll(end, -1, 0)[nearest] - end[nearest]
    turn = np.arctan2(side[0] * goal[1] - side[1] * goal[0], side @ goal)
    return end[nearest] + share * goal + _turned(offset[None], turn)[0]


def _drawn(seed: int, time: float, width: int, height: int) -> _Canvas:
    shot = np.random.default_rng(seed)
    canvas = _Canvas(width, height)
    reach = (0.05, 0.15, 0.35)[seed % 3]  # of the picture's width, over the whole shot
    _background(canvas, shot, pan=reach * 0.4 * shot.uniform(-1, 1) * time)
    _character(canvas, shot, reach, time)
    return canvas


class _Canvas:
    """Shapes in units of the picture's height, drawn larger and reduced for smooth edges.

    `outlines` are those drawn so far, [K, 2] in the picture's pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.aspect = width / height
        self._unit = height * _SUPERSAMPLING
        self.outlines: list[np.ndarray] = []
        self._pixels = np.zeros((height * _SUPERSAMPLING, width * _SUPERSAMPLING, 3), np.uint8)

    def shape(self, points: np.ndarray, colour: tuple[int, ...], outline: float = 0.006) -> None:
        """A filled closed shape; `points` [K, 2]."""
        self.outlines.append((points * self._unit + 0.5) / _SUPERSAMPLING - 0.5)
        fixed = [np.round(points * self._unit * 2**_FRACTION_BITS).astype(np.int32)]
        cv2.fillPoly(self._pixels, fixed, colour, cv2.LINE_AA, _FRACTION_BITS)
        if outline:
            thickness = max(1, round(outline * self._unit))
            cv2.polylines(self._pixels, fixed, True, _OUTLINE, thickness, cv2.LINE_AA, _FRACTION_BITS)

    def finished(self) -> np.ndarray:
        return cv2.resize(self._pixels, self.size, interpolation=cv2.INTER_AREA)


def _colour(shot: np.random.Generator, low: int = 60, high: int = 240) -> tuple[int, ...]:
    return tuple(int(value) for value in shot.integers(low, high, 3))


def _shaded(colour: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(value * 0.72) for value in colour)


def _oval(x: float, y: float, across: float, down: float, turn: float = 0.0) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return _turned(np.stack((across * np.cos(angle), down * np.sin(angle)), 1), turn) + np.array((x, y))


def _turned(points: np.ndarray, turn: float) -> np.ndarray:
    cosine, sine = np.cos(turn), np.sin(turn)
    return points @ np.array(((cosine, sine), (-sine, cosine)))


def _limb(start: np.ndarray, turn: float, length: float, thickness: float) -> tuple[np.ndarray, np.ndarray]:
    """A tapering limb hanging from `start`, and where it ends."""
    outline = np.array(((-thickness, 0), (thickness, 0), (0.7 * thickness, length), (-0.7 * thickness, length)))
    return _turned(outline, turn) + start, start + _turned(np.array([(0, length)]), turn)[0]


def _background(canvas: _Canvas, shot: np.random.Generator, pan: float) -> None:
    sky, far, ground = _colour(shot, 140), _colour(shot), _colour(shot)
    canvas.shape(np.array(((-1, -1), (4, -1), (4, 2), (-1, 2))), sky, 0)
    for _ in range(4):  # clouds
        canvas.shape(_oval(shot.uniform(0, 2) + pan, shot.uniform(0.05, 0.3), 0.18, 0.05), (245, 245, 248), 0)
    x = np.linspace(-1, 4, 60)
    hills = 0.55 + 0.06 * np.sin(x * shot.uniform(3, 6)) + 0.03 * np.sin(x * shot.uniform(9, 14))
    canvas.shape(np.concatenate((np.stack((x + pan, hills), 1), ((4, 2), (-1, 2)))), far, 0.004)
    for _ in range(5):  # houses
        left, wide, top = shot.uniform(-0.2, 2), shot.uniform(0.08, 0.2), shot.uniform(0.45, 0.6)
        wall = np.array(((0, top), (wide, top), (wide, 0.8), (0, 0.8))) + np.array((left + pan, 0))
        canvas.shape(wall, _colour(shot))
        canvas.shape(
            np.array(((0.03, 0.64), (0.06, 0.64), (0.06, 0.7), (0.03, 0.7))) + np.array((left + pan, 0)), _OUTLINE, 0
        )
    canvas.shape(np.array(((-1, 0.8), (4, 0.8), (4, 2), (-1, 2))) + np.array((pan, 0)), ground, 0.004)


def _character(canvas: _Canvas, shot: np.random.Generator, reach: float, time: float) -> None:
    side = shot.choice((-1.0, 1.0))
    skin, hair, shirt, legs = (235, 200, 170), _colour(shot, 30, 200), _colour(shot), _colour(shot, 40, 140)
    size = shot.uniform(0.8, 1.3)
    middle = canvas.aspect * (0.5 + side * reach * (time - 0.5))
    hop = reach * 0.15 * np.sin(np.pi * time)
    lean = side * reach * (time - 0.5) * 1.5
    hip = np.array((middle, 0.68 - hop))
    neck = hip + _turned(np.array([(0.0, -0.24 * size)]), lean)[0]
    swing = 3.0 * reach * (2 * time - 1)

    for turn in (swing, -swing):
        thigh, knee = _limb(hip, turn, 0.15 * size, 0.035 * size)
        shin, _ = _limb(knee, 0.4 * turn, 0.15 * size, 0.028 * size)
        canvas.shape(shin, _shaded(legs))
        canvas.shape(thigh, legs)
    for turn in (-swing - 0.3, 2.2 * swing + 0.5):
        upper, elbow = _limb(neck + np.array((0, 0.04)), turn, 0.13 * size, 0.026 * size)
        lower, hand = _limb(elbow, 1.5 * turn, 0.12 * size, 0.022 * size)
        canvas.shape(lower, skin)
        canvas.shape(upper, shirt)
        canvas.shape(_oval(*hand, 0.025 * size, 0.025 * size), skin)
    body = np.array(((-0.08, -0.24), (0.08, -0.24), (0.065, 0.03), (-0.065, 0.03))) * size
    canvas.shape(_turned(body, lean) + hip, shirt)
    shadow = np.array(((0.03, -0.23), (0.075, -0.23), (0.06, 0.025), (0.02, 0.025))) * size
    canvas.shape(_turned(shadow, lean) + hip, _shaded(shirt), 0)

    head = neck + _turned(np.array([(0.0, -0.11 * size)]), lean)[0]
    spikes = np.linspace(-2.9, -0.2, 9)
    radius = np.where(np.arange(9) % 2, 0.185, 0.13) * size
    crown = np.stack((radius * np.cos(spikes), radius * np.sin(spikes)), 1)
    canvas.shape(_turned(crown, lean) + head, hair)
    canvas.shape(_oval(*head, 0.105 * size, 0.12 * size, lean), skin)
    fringe = np.array(
        ((-0.1, -0.05), (-0.05, 0.0), (-0.02, -0.05), (0.03, 0.01), (0.1, -0.05), (0.06, -0.12), (-0.06, -0.12))
    )
    canvas.shape(_turned(fringe * size, lean) + head, hair)
    look = 0.02 * side * (2 * time - 1)
    for eye in (-0.04, 0.04):
        place = head + _turned(np.array([((eye + look) * size, 0.02 * size)]), lean)[0]
        canvas.shape(_oval(*place, 0.018 * size, 0.028 * size, lean), (250, 250, 250), 0.003)
        canvas.shape(_oval(*place, 0.009 * size, 0.018 * size, lean), _OUTLINE, 0)
    mouth = head + _turned(np.array([(look * size, 0.075 * size)]), lean)[0]
    canvas.shape(_oval(*mouth, 0.02 * size, (0.004 + 0.014 * time) * size, lean), (150, 50, 60), 0.003)
