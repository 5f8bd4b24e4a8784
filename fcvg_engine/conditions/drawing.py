# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws matched lines on black, as FCVG was trained to see them."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from .matches import Ends
from .palette import Colour

Picture = npt.NDArray[np.uint8]  # RGB, [H, W, 3]


def black(size: tuple[int, int]) -> Picture:
    """Returns an empty canvas; `size` is width and height in pixels."""
    return np.zeros((size[1], size[0], 3), np.uint8)


def draw(canvas: Picture, lines: Iterable[tuple[Ends, Colour]], width_px: int = 1) -> None:
    """Draws lines into `canvas` in place, later ones over earlier ones.

    As published, lines are one pixel wide and not smoothed, and coordinates are cut (not rounded) to whole pixels.
    """
    for (first, second), colour in lines:
        cv2.line(canvas, _pixel(first), _pixel(second), colour, width_px)


def _pixel(point: tuple[float, float]) -> tuple[int, int]:
    return int(point[0]), int(point[1])
