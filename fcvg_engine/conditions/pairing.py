# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs the segments of two keys that were carried into each other; `match_by_flow` says how."""

from __future__ import annotations

import numpy as np

from . import segments
from .carrying import Key, contrast, normals
from .segments import Array, Match

_APART_PX = 2.5  # distance at which a score falls to 1/e; at twice that there is no pair
_TURNED = np.radians(6)  # the same for directions
_OVERLAP = 0.5  # of the shorter of both
_OPPOSITE = 0.5  # score of an edge whose bright side changed
_STRETCHED = 1.6  # largest change of length
_LEAST = 0.2  # score of a pair; of those below a third is off by more than 4 pixels
_SHORTEST_PX = 12.0  # of what both segments share
_SNAP_PX = 3.0  # ends that are so near are the same corner

_CARRIED_SHARE = 0.8  # of the samples that must return and lie straight, for a segment without partner
_CARRIED_EDGE = 0.5  # of the contrast it had


def pair(here: Key, there: Key) -> list[Match]:
    """Matches the segments of two keys; returns what `match` returns."""
    pairs, left_here, left_there = _partners(here, there)
    pairs += _carried_alone(here, there, left_here, pairs)
    swapped = [(last, first, score) for first, last, score in pairs]
    pairs += [(first, last, score) for last, first, score in _carried_alone(there, here, left_there, swapped)]
    return sorted(pairs, key=lambda each: -each[2])[: segments.MOST]


def _partners(here: Key, there: Key) -> tuple[list[Match], list[int], list[int]]:
    """Finds pairs that are each other's best, cut to what they share; also the indices of segments without partner."""
    forth = here.trust[:, :, None] * _likeness(here.carried, there.segments)  # [N, S, M]
    back = there.trust[:, :, None] * _likeness(there.carried, here.segments)  # [M, S, N]
    if not forth.size:
        return [], list(range(len(here.segments))), list(range(len(there.segments)))
    both = np.sqrt(forth.max(1) * back.max(1).T)  # [N, M]
    pairs, used = [], []
    for i, j in enumerate(both.argmax(1)):
        if both[i, j] <= _LEAST or both[:, j].argmax() != i:
            continue
        cut = _cut(
            here.segments[i],
            there.segments[j],
            here.carried[i, forth[i, :, j].argmax()],
            there.carried[j, back[j, :, i].argmax()],
        )
        if cut is not None:
            pairs.append((*cut, float(both[i, j])))
            used.append((i, int(j)))
    used_here, used_there = ({pair[k] for pair in used} for k in (0, 1))
    return (
        pairs,
        [i for i in range(len(here.segments)) if i not in used_here],
        [j for j in range(len(there.segments)) if j not in used_there],
    )


def _likeness(carried: Array, targets: Array) -> Array:
    """Scores how well lines [N, S, 2, 2] lie on each of the segments [M, 2, 2]: [N, S, M] in [0, 1]."""
    long = segments.lengths(targets)
    unit = (targets[:, 1] - targets[:, 0]) / long[:, None]
    offset = carried[:, :, None] - targets[None, None, :, None, 0]  # [N, S, M, 2, 2]
    place = np.einsum("nsmed,md->nsme", offset, unit)
    height = np.einsum("nsmed,md->nsme", offset, normals(targets))
    step = place[..., 1] - place[..., 0]
    low = np.clip(place.min(-1), 0, long)
    high = np.clip(place.max(-1), 0, long)
    overlap = (high - low) / np.minimum(np.abs(step), long).clip(1e-3)
    middle = ((low + high) / 2 - place[..., 0]) / np.where(np.abs(step) < 1e-3, 1e-3, step)
    apart = np.abs(height[..., 0] + middle * (height[..., 1] - height[..., 0]))
    turned = np.arctan2(np.abs(height[..., 1] - height[..., 0]), np.abs(step))
    score = overlap * np.exp(-((apart / _APART_PX) ** 2) - (turned / _TURNED) ** 2)
    score *= np.where(step > 0, 1, _OPPOSITE)
    score[(apart > 2 * _APART_PX) | (turned > 2 * _TURNED) | (overlap < _OVERLAP)] = 0
    return np.asarray(score, np.float32)


def _cut(first: Array, last: Array, carried: Array, returned: Array) -> tuple[Array, Array] | None:
    """Cuts segments `first` and `last` [2, 2] to what they share; None when little is left.

    `carried` is the first one, carried into the other key, and `returned` the last one, carried back. Ends that fall
    together are corners: they stay where they were detected, since detection is more exact than motion.
    """
    if float(np.dot(carried[1] - carried[0], last[1] - last[0])) < 0:
        last, returned = last[::-1], returned[::-1]
    # Where the ends of the first lie along the last (0 … 1): the mean of both carries, the second one inverted.
    there, back = _shares(carried, last), _shares(returned, first)
    run = back[1] - back[0]
    if run < 1e-2:
        return None
    low, high = (there + np.array((-back[0], 1 - back[0])) / run) / 2
    if high - low < 1e-2:
        return None
    long = float(segments.lengths(last))
    begin, finish = _ends(low, high, long), _ends(1 - high, 1 - low, long)
    shares = np.array(((begin[0], 1 - finish[0]), (begin[1], 1 - finish[1])))  # of the first, of the last
    cut = [each[0] + shares[k][:, None] * (each[1] - each[0]) for k, each in enumerate((first, last))]
    first_px, last_px = (float(segments.lengths(each)) for each in cut)
    if min(first_px, last_px) < _SHORTEST_PX or not 1 / _STRETCHED < first_px / last_px < _STRETCHED:
        return None
    return cut[0].astype(np.float32), cut[1].astype(np.float32)


def _ends(low: float, high: float, long: float) -> tuple[float, float]:
    """Where the shared piece begins, along the first (0 … 1) and along the last one (0 … 1).

    The first one's ends lie at `low` and `high` along the last one, which is `long` pixels long.
    """
    if abs(low) * long <= _SNAP_PX:
        return 0.0, 0.0
    return (0.0, low) if low > 0 else (-low / (high - low), 0.0)


def _carried_alone(here: Key, there: Key, left: list[int], pairs: list[Match]) -> list[Match]:
    """Matches segments `left` without partner with the place to which they are carried.

    An edge like them must be seen there, and none of `pairs` may lie there.
    """
    occupied = np.array([last for _, last, _ in pairs], np.float32).reshape(-1, 2, 2)
    found: list[Match] = []
    for index in left:
        segment = here.segments[index]
        before = contrast(here.grey, segment[None])[0]
        edges = contrast(there.grey, here.carried[index])  # [S, K]
        alike = (edges * np.sign(before) > _CARRIED_EDGE * np.abs(before)).mean(-1) * here.trust[index]
        side = int(alike.argmax())
        carried = here.carried[index, side]
        stretched = float(segments.lengths(carried) / segments.lengths(segment))
        if (
            alike[side] >= _CARRIED_SHARE
            and 1 / _STRETCHED < stretched < _STRETCHED
            and not (len(occupied) and _likeness(carried[None, None], occupied).max() > 0.3)
        ):
            found.append((segment, carried, float(alike[side]) * 0.5))
            occupied = np.concatenate((occupied, carried[None]))
    return found


def _shares(points: Array, segment: Array) -> Array:
    """Where points [2, 2] lie along a segment [2, 2]: 0 at its first end, 1 at its second."""
    step = segment[1] - segment[0]
    return np.asarray((points - segment[0]) @ step / float(step @ step), np.float32)
