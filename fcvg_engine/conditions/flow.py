"""Matches segments of two keys along dense motion (GMFlow): free for commercial work, unlike SuperPoint's weights.

Both keys' segments are carried along the motion and compared with those that were found in the other key. An edge
belongs to what lies in front, and a network's motion is least sure just there; so each segment is carried three times,
with the motion on it and on either side of it, and the one that serves best counts.

1. Carry: sample points of a segment move with the flow; those that the flow back does not return do not count. A line
   with even spacing is fitted to the others.
2. Compare with every segment of the other key: direction (with the brighter side on the same hand), distance, overlap.
3. Keep pairs that are each other's best, both ways of carrying taken together.
4. Cut both to what they share: detectors break one edge at different places.
5. A segment without a partner may be carried to where an edge like it is seen in the other key.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.method import Options, ReportProgress
from ..core.warp import sample
from ..draft import networks
from ..nets.gmflow import MULTIPLE
from . import segments
from .segments import Array, Match

Mask = npt.NDArray[np.bool_]

MOST_PIXELS = 512 * 288  # of the pictures on which motion is found

_SAMPLES = 15  # points of a segment
_BESIDE_PX = 4.0  # how far from a segment the motion of its sides is looked up
_SIDES = (0.0, 1.0, -1.0)
_RETURNED_PX = 3.0  # flow there and back may miss by so much
_STRAIGHT_PX = 1.5  # from the fitted line at which a carried point no longer counts
_FITS = 3  # rounds of fitting

_APART_PX = 2.5  # distance at which a comparison's score falls to 1/e; at twice that no pair
_TURNED = np.radians(6)  # the same for directions
_OVERLAP = 0.5  # of the shorter of both
_OPPOSITE = 0.5  # score of an edge whose bright side changed
_STRETCHED = 1.6  # largest change of length
_LEAST = 0.2  # score of a pair; of those below a third is off by more than 4 pixels
_SHORTEST_PX = 12.0  # of what both share
_SNAP_PX = 3.0  # ends that come so near are the same corner

_CARRIED_SHARE = 0.8  # of the samples that must return and lie straight, for a segment without partner
_CARRIED_EDGE = 0.5  # of the contrast it had


@torch.no_grad()
def match(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> list[Match]:
    """Matched segments of keys [3, H, W] in [0, 1], the surest first; at most `segments.MOST`.

    The points of a pair correspond in their order. Raises MissingModel, OutOfMemory, NumericError and what `report`
    raises.
    """
    with pictures.explained_memory():
        forth, back = motion(start, end, options, report)
    report("Matching lines", 0.8)
    return pair(Key.look(start, forth, back), Key.look(end, back, forth))


def motion(
    start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress
) -> tuple[torch.Tensor, torch.Tensor]:
    """Flow [1, 2, H, W] on the CPU, in pixels, from the start to the end and back; found at reduced size."""
    report("Loading GMFlow", 0.0)
    # Matching takes the mean over thousands of places: too many for half precision.
    net = networks.network("gmflow", options.device, torch.float32, report)
    height, width = start.shape[-2:]
    factor = pictures.bounding_factor(start, MOST_PIXELS)
    small = [max(MULTIPLE, round(side / factor / MULTIPLE) * MULTIPLE) for side in (height, width)]
    keys = [
        F.interpolate(key[None].float().to(options.device), size=small, mode="bilinear", antialias=True)
        for key in (start, end)
    ]
    found = net(*keys, lambda: report("Looking for motion", 0.3))
    finite = [pictures.finite(flow, "matching the keyframes").float().cpu() for flow in found]
    forth, back = (pictures.enlarged_flow(flow, height, width, 0, height) for flow in finite)
    return forth, back


@dataclass(frozen=True)
class Key:
    """One key's segments [N, 2, 2], and where each of `_SIDES` takes them in the other: `carried` [N, S, 2, 2];
    `trust` [N, S], the share of their samples that return and lie straight; `grey` [1, 1, H, W] in 0 … 255."""

    grey: torch.Tensor
    segments: Array
    carried: Array
    trust: Array

    @classmethod
    def look(cls, picture: torch.Tensor, forth: torch.Tensor, back: torch.Tensor) -> Key:
        """`picture` [3, H, W]; `forth` and `back` [1, 2, H, W], the motion to the other key and from there."""
        found = segments.detect(picture)
        grey = torch.from_numpy(segments.grey(picture)).float()[None, None]
        return cls(grey, found, *_carry(found, forth, back))


def pair(here: Key, there: Key) -> list[Match]:
    """What `match` returns, for both keys with the motion between them."""
    pairs, left_here, left_there = _partners(here, there)
    pairs += _served(here, there, left_here, pairs)
    swapped = [(last, first, score) for first, last, score in pairs]
    pairs += [(first, last, score) for last, first, score in _served(there, here, left_there, swapped)]
    return sorted(pairs, key=lambda each: -each[2])[: segments.MOST]


def _carry(found: Array, forth: torch.Tensor, back: torch.Tensor) -> tuple[Array, Array]:
    """Where the motion takes segments [N, 2, 2], and how sure: `Key.carried`, `Key.trust`."""
    along = np.linspace(0.02, 0.98, _SAMPLES, dtype=np.float32)
    points = found[:, None, 0] + along[:, None] * (found[:, None, 1] - found[:, None, 0])  # [N, K, 2]
    sides = np.array(_SIDES, np.float32)[:, None, None] * _BESIDE_PX
    seen = points[:, None] + sides * _normals(found)[:, None, None]  # [N, S, K, 2]
    moved = _sampled(forth, seen)
    missed = np.linalg.norm(moved + _sampled(back, seen + moved), axis=-1)
    height, width = forth.shape[-2:]
    target = points[:, None] + moved
    inside = ((seen >= 0) & (seen < (width, height)) & (target >= 0) & (target < (width, height))).all(-1)
    returned = (missed < _RETURNED_PX) & inside
    carried, straight = _fitted(along, target, returned)
    return carried, straight.mean(-1, dtype=np.float32)


def _fitted(along: Array, points: Array, valid: Mask) -> tuple[Array, Mask]:
    """Both ends [..., 2, 2] of an evenly spaced line through those of `points` [..., K, 2] that are `valid` [..., K],
    and which of them lie on it. `along` [K] tells where between the ends, 0 … 1, each point belongs."""
    weight = valid.astype(np.float32)
    terms = np.stack((1 - along, along), -1)  # [K, 2]: a point is a mix of both ends
    for _ in range(_FITS):
        weighted = weight[..., None] * terms
        square = np.einsum("...ki,kj->...ij", weighted, terms) + 1e-4 * np.eye(2, dtype=np.float32)
        ends = np.linalg.solve(square, np.einsum("...ki,...kd->...id", weighted, points))
        off = np.linalg.norm(points - np.einsum("ki,...id->...kd", terms, ends), axis=-1)
        weight = valid / (1 + (off / _STRAIGHT_PX) ** 2)
    return ends.astype(np.float32), valid & (off < 2 * _STRAIGHT_PX)


def _partners(here: Key, there: Key) -> tuple[list[Match], list[int], list[int]]:
    """Pairs that are each other's best, cut to what they share, and the indices of segments left without."""
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
    taken_here, taken_there = ({pair[k] for pair in used} for k in (0, 1))
    return (
        pairs,
        [i for i in range(len(here.segments)) if i not in taken_here],
        [j for j in range(len(there.segments)) if j not in taken_there],
    )


def _likeness(carried: Array, targets: Array) -> Array:
    """How well lines [N, S, 2, 2] lie on each of the segments [M, 2, 2]: [N, S, M] in [0, 1]."""
    long = segments.lengths(targets)
    unit = (targets[:, 1] - targets[:, 0]) / long[:, None]
    offset = carried[:, :, None] - targets[None, None, :, None, 0]  # [N, S, M, 2, 2]
    place = np.einsum("nsmed,md->nsme", offset, unit)
    height = np.einsum("nsmed,md->nsme", offset, _normals(targets))
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
    """What segments [2, 2] share, given the first carried to the last and the reverse; None when little is left.

    Ends that fall together are corners, seen more sharply than motion is: they stay where they were detected.
    """
    if float(np.dot(carried[1] - carried[0], last[1] - last[0])) < 0:
        last, returned = last[::-1], returned[::-1]
    # The first's ends 0 and 1 as shares of the last, by both carries; the second tells the inverse.
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
    """Where the shared part begins, as a share of the first and of the last, `long` pixels; the first's ends lie at
    `low` and `high` of the last."""
    if abs(low) * long <= _SNAP_PX:
        return 0.0, 0.0
    return (0.0, low) if low > 0 else (-low / (high - low), 0.0)


def _served(here: Key, there: Key, left: list[int], pairs: list[Match]) -> list[Match]:
    """Segments `left` without a partner, with the place they are carried to, if an edge like them is seen there and
    none of `pairs` lies there."""
    taken = np.array([last for _, last, _ in pairs], np.float32).reshape(-1, 2, 2)
    served: list[Match] = []
    for index in left:
        segment = here.segments[index]
        contrast = _contrast(here.grey, segment[None])[0]
        edges = _contrast(there.grey, here.carried[index])  # [S, K]
        alike = (edges * np.sign(contrast) > _CARRIED_EDGE * np.abs(contrast)).mean(-1) * here.trust[index]
        side = int(alike.argmax())
        carried = here.carried[index, side]
        stretched = float(segments.lengths(carried) / segments.lengths(segment))
        if (
            alike[side] >= _CARRIED_SHARE
            and 1 / _STRETCHED < stretched < _STRETCHED
            and not (len(taken) and _likeness(carried[None, None], taken).max() > 0.3)
        ):
            served.append((segment, carried, float(alike[side]) * 0.5))
            taken = np.concatenate((taken, carried[None]))
    return served


def _contrast(grey: torch.Tensor, lines: Array) -> Array:
    """How much brighter lines [N, 2, 2] are on one side than on the other, [N, K] in 0 … 255."""
    along = np.linspace(0.05, 0.95, _SAMPLES, dtype=np.float32)[:, None]
    points = lines[:, None, 0] + along * (lines[:, None, 1] - lines[:, None, 0])
    beside = 1.5 * _normals(lines)[:, None]
    return (_sampled(grey, points + beside) - _sampled(grey, points - beside))[..., 0]


def _normals(lines: Array) -> Array:
    """Unit normals [N, 2] of [N, 2, 2]."""
    step = lines[:, 1] - lines[:, 0]
    normals = np.stack((-step[:, 1], step[:, 0]), -1) / np.linalg.norm(step, axis=-1, keepdims=True).clip(1e-6)
    return np.asarray(normals, np.float32)


def _shares(points: Array, segment: Array) -> Array:
    """Where points [2, 2] lie along a segment [2, 2]: 0 at its first end, 1 at its second."""
    step = segment[1] - segment[0]
    return np.asarray((points - segment[0]) @ step / float(step @ step), np.float32)


def _sampled(field: torch.Tensor, points: Array) -> Array:
    """`field` [1, C, H, W] at `points` [..., 2] → [..., C]."""
    if not points.size:  # a key without lines
        return np.zeros((*points.shape[:-1], field.shape[1]), np.float32)
    flat = torch.from_numpy(np.ascontiguousarray(points, np.float32)).reshape(1, 1, -1, 2)
    found = sample(field, flat[..., 0], flat[..., 1])  # [1, C, 1, P]
    return found[0, :, 0].T.reshape(*points.shape[:-1], -1).numpy()
