# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how far things move from one key to the other.

The alignment that explains most of the picture is the ground: a background that stands still, or a camera that pans.
Things before it are places whose flow differs from it, and keypoints that move together.
"""

from __future__ import annotations

import numpy as np

from .alignments import Alignment, Array, Comparison, Group, groups, points
from .finding import Motion

_GROUPS = 3  # groups of keypoints that move together: the ground, and two things before it
_FEWEST_POINTS = 8
_FEWEST_PLACES = 0.03  # of the places with texture
_FAR = 95  # percentile of the distances


def motion(compared: Comparison) -> Motion:
    """Measures the motion of what is visible in both keys."""
    if compared.says_nothing:
        return Motion()
    flowing = compared.flowing()
    found = [(group, compared.grouped(group)) for group in _found(compared)]
    ground = max((compared.standing(), compared.sliding(), flowing, *(way for _, way in found)), key=_share)
    followed = ground.explained | flowing.explained
    own, against = _farthest(ground.moves[ground.explained]), 0.0
    before = flowing.explained & ~ground.explained
    if before.sum() > _FEWEST_PLACES * compared.texture.sum():
        own = max(own, _farthest(flowing.moves[before]))
        against = _farthest((flowing.moves - ground.moves)[before])
    for group, way in found:
        seen, relative = _before(group, way, ground)
        if len(seen) >= max(_FEWEST_POINTS, len(group.places) / 2):
            own = max(own, float(np.linalg.norm(np.median(seen, 0))))
            against = max(against, float(np.linalg.norm(np.median(relative, 0))))
            followed = followed | way.explained
    diagonal = float(np.hypot(*compared.texture.shape))
    visible = compared.texture & ground.inside
    lost = float((visible & ~followed).sum()) / max(1, int(visible.sum()))
    return Motion(own / diagonal, against / diagonal, lost)


def _found(compared: Comparison) -> list[Group]:
    return list(groups(points(compared.first), points(compared.last), _GROUPS))


def _share(way: Alignment) -> float:
    return way.share


def _farthest(moves: Array) -> float:
    """A length that nearly all of `moves` [N, 2] stay below."""
    return float(np.percentile(np.linalg.norm(moves, axis=-1), _FAR)) if len(moves) else 0.0


def _before(group: Group, way: Alignment, ground: Alignment) -> tuple[Array, Array]:
    """The moves of those points of `group` that its alignment `way` explains and the ground does not.

    Also returns these moves relative to the ground.
    """
    x, y = group.places.round().astype(int).T
    height, width = way.explained.shape
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    there = way.explained[y, x] & ~ground.explained[y, x]
    return group.moves[there], (group.moves - ground.moves[y, x])[there]
