# SPDX-License-Identifier: GPL-3.0-or-later
"""Aligns one key with the other in several ways, and finds the places that each alignment explains.

A place is explained if both aligned pictures show the same pattern of light and dark within a few pixels around it
(their correlation is above `ALIKE`), whatever their brightness. Only places with texture count, since flat ones agree
with anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from .views import View

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

ALIKE = 0.6
_LEAST_SIDE_PX = 16  # of the views; flow cannot be looked for in less
FEWEST_PLACES = 50  # with texture; from fewer nothing can be concluded

_AROUND_PX = 25  # side of the square around a place
_NOISE = (3 / 255) ** 2  # variance below which a pattern is grain
_TEXTURE = (6 / 255) ** 2
_LEAST_COMMON = 0.5  # of the picture; where less overlaps, the share that is explained is reduced in proportion
_POINTS = 500  # keypoints of a picture
_FAINTEST = 0.02  # contrast of a keypoint
_BETTER = 0.8  # a match's distance to the second best's
_OFF_PX = 4.0  # distance of a keypoint from where its group moves it
_LARGEST_ZOOM = 3.3
_TRIES = 500
_RETURNED_PX, _RETURNED_SHARE = 1.0, 0.1  # by which flow there and back may miss: pixels, and a share of its length


@dataclass(frozen=True)
class Alignment:
    """One way to align the keys.

    `moves`: float32 [h, w, 2], by how many pixels each place of the first key moves.
    `inside`: bool [h, w], places that then lie within the other key.
    `explained`: bool [h, w], places that agree with the other key.
    `share`: the share of places with texture that are explained, in [0, 1].
    """

    moves: Array
    inside: Mask
    explained: Mask
    share: float


@dataclass(frozen=True)
class Points:
    """Keypoints: `places` [N, 2] and `descriptors` [N, 128]."""

    places: Array
    descriptors: Array


@dataclass(frozen=True)
class Group:
    """Matched keypoints that move together: `places` [N, 2] in the first key, `moves` [N, 2], `matrix` [2, 3]."""

    places: Array
    moves: Array
    matrix: npt.NDArray[np.float64]


@dataclass
class Comparison:
    """Compares both keys; keeps what several alignments need."""

    first: View
    last: View
    texture: Mask = field(init=False)  # [h, w], places where either key has texture

    def __post_init__(self) -> None:
        self._pixels = [_grey(view) for view in (self.first, self.last)]
        self._mean = _mean(self._pixels[0])
        self._spread = _mean(self._pixels[0] ** 2) - self._mean**2
        spread = _mean(self._pixels[1] ** 2) - _mean(self._pixels[1]) ** 2
        self.texture = np.maximum(self._spread, spread) > _TEXTURE

    @property
    def says_nothing(self) -> bool:
        """Whether the keys are too small, or have too little texture, to conclude anything."""
        return min(self.texture.shape) < _LEAST_SIDE_PX or int(self.texture.sum()) < FEWEST_PLACES

    def standing(self) -> Alignment:
        """Aligns the keys as they are: nothing moves, or only what is in front."""
        return self._along(np.zeros((*self.texture.shape, 2), np.float32))

    def sliding(self) -> Alignment:
        """Aligns by one shift of everything: a camera that pans."""
        height, width = self.texture.shape
        first, last = (_edges(each) for each in self._pixels)
        (right, down), _ = cv2.phaseCorrelate(first, last, cv2.createHanningWindow((width, height), cv2.CV_32F))
        return self._along(np.full((height, width, 2), (right, down), np.float32))

    def grouped(self, group: Group) -> Alignment:
        """Aligns by the motion, rotation and zoom of `group`."""
        height, width = self.texture.shape
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        turned = np.stack((x, y, np.ones_like(x)), -1) @ group.matrix.T
        return self._along((turned - np.stack((x, y), -1)).astype(np.float32))

    def flowing(self) -> Alignment:
        """Aligns each place on its own, along flow (dense inverse search). Counts only where the flow back returns."""
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        forth = search.calc(self.first.shapes, self.last.shapes, None)
        back = search.calc(self.last.shapes, self.first.shapes, None)
        missed = np.linalg.norm(forth + _sampled(back, forth), axis=-1)
        returned = missed < _RETURNED_PX + _RETURNED_SHARE * np.linalg.norm(forth, axis=-1)
        return self._along(forth, returned)

    def _along(self, moves: Array, trusted: Mask | None = None) -> Alignment:
        height, width = self.texture.shape
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        target = moves + np.stack((x, y), -1)
        inside: Mask = np.all((target >= 0) & (target <= (width - 1, height - 1)), axis=-1)
        other = cv2.remap(self._pixels[1], target, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mean = _mean(other)
        spread = _mean(other**2) - mean**2
        common = _mean(self._pixels[0] * other) - self._mean * mean
        alike = common / np.sqrt((self._spread + _NOISE) * (spread + _NOISE)) > ALIKE
        judged = self.texture & inside
        explained = alike & judged if trusted is None else alike & judged & trusted
        share = explained.sum() / max(1, int(judged.sum() if trusted is None else self.texture.sum()))
        return Alignment(moves, inside, explained, float(share) * min(1.0, float(inside.mean()) / _LEAST_COMMON))


def points(view: View) -> Points:
    """Finds the keypoints of a key (SIFT)."""
    sift = cv2.SIFT.create(nfeatures=_POINTS, contrastThreshold=_FAINTEST)
    found, descriptors = sift.detectAndCompute(view.shapes, None)
    places = np.array([each.pt for each in found], np.float32).reshape(-1, 2)
    return Points(places, np.zeros((0, 128), np.float32) if descriptors is None else descriptors)


def groups(first: Points, last: Points, most: int) -> Iterator[Group]:
    """Yields groups of keypoints that are alike in both keys and move together, the largest first, at most `most`."""
    if min(len(first.descriptors), len(last.descriptors)) < 2:
        return
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(first.descriptors, last.descriptors, 2)
    matches = [best for best, second in pairs if best.distance < _BETTER * second.distance]
    here = first.places[[each.queryIdx for each in matches]]
    there = last.places[[each.trainIdx for each in matches]]
    for _ in range(most):
        if len(here) < 3:
            return
        matrix, members = cv2.estimateAffinePartial2D(
            here, there, method=cv2.RANSAC, ransacReprojThreshold=_OFF_PX, maxIters=_TRIES
        )
        if matrix is None or not 1 / _LARGEST_ZOOM < np.hypot(matrix[0, 0], matrix[1, 0]) < _LARGEST_ZOOM:
            return
        together = members[:, 0].astype(bool)
        yield Group(here[together], there[together] - here[together], matrix)
        here, there = here[~together], there[~together]


def _grey(view: View) -> Array:
    """The grey picture [h, w] in [0, 1]."""
    return np.divide(view.shapes, 255, dtype=np.float32)


def _mean(values: Array) -> Array:
    """The mean around each place."""
    return np.asarray(cv2.blur(values, (_AROUND_PX, _AROUND_PX), borderType=cv2.BORDER_REFLECT), np.float32)


def _sampled(field: Array, moves: Array) -> Array:
    height, width = moves.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.asarray(cv2.remap(field, moves + np.stack((x, y), -1), None, cv2.INTER_LINEAR), np.float32)


def _edges(values: Array) -> Array:
    soft = cv2.GaussianBlur(values, (0, 0), 1.2)
    return np.asarray(np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)), np.float32)
