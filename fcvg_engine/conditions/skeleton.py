# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws skeletons as FCVG was trained on them: with DWPose's sizes, colours and rounding, and red and blue exchanged.

They are drawn on a canvas whose shorter side has `_SIDE` pixels and then reduced, so they look the same at any size.
"""

from __future__ import annotations

import colorsys
import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from .people import FACE, LEFT_HAND, RIGHT_HAND, Keypoints, Point

VISIBLE = 0.3  # score from which on a body joint is drawn; hands and faces always are, darker where less sure

_SIDE = 2160
_LIMB, _JOINT, _BONE, _FACE = 8, 4, 4, 3  # on the canvas: half a limb's width, radius, width, radius
_LIMB_SHARE = 0.6  # limbs are darker than joints
_LIMBS = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10)),
    *((1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),
)
_COLOURS = (  # of the joints, and of the limbs in their own order
    *((0, 0, 255), (0, 85, 255), (0, 170, 255), (0, 255, 255), (0, 255, 170), (0, 255, 85)),
    *((0, 255, 0), (85, 255, 0), (170, 255, 0), (255, 255, 0), (255, 170, 0), (255, 85, 0)),
    *((255, 0, 0), (255, 0, 85), (255, 0, 170), (255, 0, 255), (170, 0, 255), (85, 0, 255)),
)

Picture = npt.NDArray[np.uint8]  # RGB, [H, W, 3]


def draw(canvas: Picture, *people: Keypoints) -> None:
    """Draws people into `canvas` (uint8 RGB, [H, W, 3]) in place; their points are in its pixels.

    As in the published program, each channel that is not zero replaces what is there, and people overlap like this: all
    limbs, then all joints, hands and faces.
    """
    height, width = canvas.shape[:2]
    factor = _SIDE / min(height, width)
    large = np.zeros((int(height * factor), int(width * factor), 3), np.uint8)
    scale = large.shape[1] / width, large.shape[0] / height
    people = tuple(Keypoints(tuple((x * scale[0], y * scale[1]) for x, y in p.points), p.scores) for p in people)
    _draw_limbs(large, people)
    _draw_joints(large, people)
    for hand, person in itertools.product((LEFT_HAND, RIGHT_HAND), people):
        _draw_hand(large, person.points[hand], person.scores[hand])
    for person in people:
        _draw_face(large, person.points[FACE], person.scores[FACE])
    skeletons = cv2.resize(large, (width, height))
    np.copyto(canvas, skeletons, where=skeletons != 0)


def _draw_limbs(large: Picture, people: Sequence[Keypoints]) -> None:
    """Draws flat ellipses between joints, the brighter the surer both are (scores may be a little above 1)."""
    for (first, second), colour in zip(_LIMBS, _COLOURS, strict=False):
        for person in people:
            near, far = person.scores[first], person.scores[second]
            if min(near, far) < VISIBLE:
                continue
            (x0, y0), (x1, y1) = person.points[first], person.points[second]
            middle = int((x0 + x1) / 2), int((y0 + y1) / 2)
            axes = int(math.hypot(x0 - x1, y0 - y1) / 2), _LIMB
            angle = int(math.degrees(math.atan2(y0 - y1, x0 - x1)))
            outline = cv2.ellipse2Poly(middle, axes, angle, 0, 360, 1)
            dimmed = tuple(int(min(int(value * near * far), 255) * _LIMB_SHARE) for value in colour)
            cv2.fillConvexPoly(large, outline, dimmed)


def _draw_joints(large: Picture, people: Sequence[Keypoints]) -> None:
    for joint, colour in enumerate(_COLOURS):
        for person in people:
            score = person.scores[joint]
            if score >= VISIBLE:
                dimmed = tuple(int(value * score) for value in colour)
                cv2.circle(large, _pixel(person.points[joint]), _JOINT, dimmed, cv2.FILLED)


def _draw_hand(large: Picture, points: Sequence[Point], scores: Sequence[float]) -> None:
    """Draws five fingers of four bones from the wrist, in colours round the circle of hues, then red dots."""
    pixels = [_pixel(point) for point in points]
    for bone in range(20):
        first, second = (0 if bone % 4 == 0 else bone), bone + 1
        if _inside(pixels[first]) and _inside(pixels[second]):
            brightness = int(scores[first] * scores[second] * 255)
            blue, green, red = (value * brightness for value in colorsys.hsv_to_rgb(bone / 20, 1, 1))
            cv2.line(large, pixels[first], pixels[second], (red, green, blue), _BONE)
    for pixel, score in zip(pixels, scores, strict=True):
        if _inside(pixel):
            cv2.circle(large, pixel, _JOINT, (int(score * 255), 0, 0), cv2.FILLED)


def _draw_face(large: Picture, points: Sequence[Point], scores: Sequence[float]) -> None:
    for point, score in zip(points, scores, strict=True):
        if _inside(pixel := _pixel(point)):
            grey = int(score * 255)
            cv2.circle(large, pixel, _FACE, (grey, grey, grey), cv2.FILLED)


def _pixel(point: Point) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _inside(pixel: tuple[int, int]) -> bool:
    """Whether the pixel was found: points that were not lie in the canvas's first column or row, or beyond."""
    return pixel[0] > 0 and pixel[1] > 0
