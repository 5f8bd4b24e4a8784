# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries the segments of one key along the motion into the other key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ..core.warp import sample
from . import segments
from .segments import Array

Mask = npt.NDArray[np.bool_]

_SAMPLES = 15  # points of a segment
_BESIDE_PX = 4.0  # how far from a segment the motion of its sides is looked up
_SIDES = (0.0, 1.0, -1.0)
_RETURNED_PX = 3.0  # by which flow there and back may miss the point
_STRAIGHT_PX = 1.5  # distance from the fitted line at which a carried point counts half
_FITS = 3  # rounds of fitting


@dataclass(frozen=True)
class Key:
    """One key, and where its segments lie in the other key.

    `grey`: the picture, [1, 1, H, W] in 0 … 255.
    `segments`: [N, 2, 2].
    `carried` [N, S, 2, 2]: the segments, carried with the motion on each of `_SIDES`.
    `trust` [N, S]: the share of a segment's samples that return and lie straight.
    """

    grey: torch.Tensor
    segments: Array
    carried: Array
    trust: Array

    @classmethod
    def of(cls, picture: torch.Tensor, forth: torch.Tensor, back: torch.Tensor) -> Key:
        """Detects and carries the segments of `picture` [3, H, W].

        `forth` and `back` [1, 2, H, W] are the flow to the other key and from there.
        """
        found = segments.detect(picture)
        grey = torch.from_numpy(segments.grey(picture)).float()[None, None]
        return cls(grey, found, *_carry(found, forth, back))


def _carry(found: Array, forth: torch.Tensor, back: torch.Tensor) -> tuple[Array, Array]:
    """Carries segments [N, 2, 2] with the motion; returns `Key.carried` and `Key.trust`."""
    along = np.linspace(0.02, 0.98, _SAMPLES, dtype=np.float32)
    points = found[:, None, 0] + along[:, None] * (found[:, None, 1] - found[:, None, 0])  # [N, K, 2]
    sides = np.array(_SIDES, np.float32)[:, None, None] * _BESIDE_PX
    seen = points[:, None] + sides * normals(found)[:, None, None]  # [N, S, K, 2]
    moved = _sampled(forth, seen)
    missed = np.linalg.norm(moved + _sampled(back, seen + moved), axis=-1)
    height, width = forth.shape[-2:]
    target = points[:, None] + moved
    inside = ((seen >= 0) & (seen < (width, height)) & (target >= 0) & (target < (width, height))).all(-1)
    returned = (missed < _RETURNED_PX) & inside
    carried, straight = _fitted(along, target, returned)
    return carried, straight.mean(-1, dtype=np.float32)


def _fitted(along: Array, points: Array, valid: Mask) -> tuple[Array, Mask]:
    """Fits evenly spaced lines to those of `points` [..., K, 2] that are `valid` [..., K].

    `along` [K] says where each point belongs, from 0 at the first end to 1 at the second. Returns both ends [..., 2,
    2], and which points lie on the line.
    """
    weight = valid.astype(np.float32)
    terms = np.stack((1 - along, along), -1)  # [K, 2]: a point is a mix of both ends
    for _ in range(_FITS):
        weighted = weight[..., None] * terms
        square = np.einsum("...ki,kj->...ij", weighted, terms) + 1e-4 * np.eye(2, dtype=np.float32)
        ends = np.linalg.solve(square, np.einsum("...ki,...kd->...id", weighted, points))
        off = np.linalg.norm(points - np.einsum("ki,...id->...kd", terms, ends), axis=-1)
        weight = valid / (1 + (off / _STRAIGHT_PX) ** 2)
    return ends.astype(np.float32), valid & (off < 2 * _STRAIGHT_PX)


def contrast(grey: torch.Tensor, lines: Array) -> Array:
    """How much brighter `grey` is on one side of lines [N, 2, 2] than on the other: [N, K], up to 255."""
    along = np.linspace(0.05, 0.95, _SAMPLES, dtype=np.float32)[:, None]
    points = lines[:, None, 0] + along * (lines[:, None, 1] - lines[:, None, 0])
    beside = 1.5 * normals(lines)[:, None]
    return (_sampled(grey, points + beside) - _sampled(grey, points - beside))[..., 0]


def normals(lines: Array) -> Array:
    """Unit normals [N, 2] of [N, 2, 2]."""
    step = lines[:, 1] - lines[:, 0]
    normals = np.stack((-step[:, 1], step[:, 0]), -1) / np.linalg.norm(step, axis=-1, keepdims=True).clip(1e-6)
    return np.asarray(normals, np.float32)


def _sampled(field: torch.Tensor, points: Array) -> Array:
    """Samples `field` [1, C, H, W] at `points` [..., 2] → [..., C]."""
    if not points.size:  # a key without lines
        return np.zeros((*points.shape[:-1], field.shape[1]), np.float32)
    flat = torch.from_numpy(np.ascontiguousarray(points, np.float32)).reshape(1, 1, -1, 2)
    found = sample(field, flat[..., 0], flat[..., 1])  # [1, C, 1, P]
    return found[0, :, 0].T.reshape(*points.shape[:-1], -1).numpy()
