# SPDX-License-Identifier: GPL-3.0-or-later
"""Detects straight line segments in a picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float32]
Match = tuple[Array, Array, float]  # a segment [2, 2] of the start, its partner [2, 2] of the end, score in (0, 1]

MOST = 300
SHORTEST_PX = 15.0

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114  # Rec. 601 luma, as when the published program makes keys grey


def detect(picture: torch.Tensor, most: int = MOST, shortest_px: float = SHORTEST_PX) -> Array:
    """Detects segments of `picture` [3, H, W] in [0, 1] → [N, 2, 2] (two points, x and y in pixels), longest first.

    Uses OpenCV's line segment detector (von Gioi et al., "LSD: a Line Segment Detector", IPOL 2012). Its points are
    ordered so that the brighter side of the edge is always on the same hand.
    """
    found = cv2.createLineSegmentDetector().detect(grey(picture))[0]
    if found is None:
        return np.zeros((0, 2, 2), np.float32)
    segments = found.reshape(-1, 2, 2).astype(np.float32)
    long = lengths(segments)
    order = np.argsort(-long, kind="stable")
    return np.ascontiguousarray(segments[order[long[order] >= shortest_px][:most]])


def grey(picture: torch.Tensor) -> npt.NDArray[np.uint8]:
    """Turns a picture [3, H, W] in [0, 1] grey → [H, W] in 0 … 255."""
    red, green, blue = picture.detach().cpu().float().numpy()
    luma = _RED * red + _GREEN * green + _BLUE * blue
    levels: npt.NDArray[np.uint8] = np.rint(np.clip(luma, 0, 1) * 255).astype(np.uint8)
    return levels


def lengths(segments: Array) -> Array:
    """Returns the lengths of segments [..., 2, 2] → [...], in pixels."""
    length: Array = np.linalg.norm(segments[..., 1, :] - segments[..., 0, :], axis=-1)
    return length
