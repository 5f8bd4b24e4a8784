# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds wireframes, which GlueStick compares: lines joined where they meet, and single points around them.

Published by Pautrat, Suárez et al., "GlueStick: Robust Image Matching by Sticking Points and Lines Together" (ICCV
2023), section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..nets import superpoint
from ..nets.gluestick import Wireframe, mean_at


@dataclass(frozen=True)
class WireframeOptions:
    """How points are chosen and ends joined; lengths in pixels. The values are FCVG's."""

    most_points: int = 1000
    point_radius: int = 4  # of two points nearer than this only the better one stays; none stays near a line's end
    point_threshold: float = 0.005
    border: int = 4
    junction_radius: float = 3.0  # ends of lines nearer than this become one junction


def build(
    grey: torch.Tensor,
    segments: torch.Tensor,
    segment_scores: torch.Tensor,
    net: superpoint.SuperPoint,
    options: WireframeOptions,
) -> Wireframe:
    """Builds the wireframe of `grey` [1, 1, H, W] in [0, 1] with the detected `segments` [L, 2, 2] in pixels.

    `segment_scores` [L] are positive, of any scale. There may be no segments and no points.
    """
    scores, descriptors = net(grey)
    points = superpoint.peaks(
        scores, options.point_radius, options.point_threshold, options.border, options.most_points
    )
    ends = segments.flatten(0, 1)
    points = points[(_distances(points, ends) >= options.point_radius).all(1)]
    x, y = points.long().unbind(1)

    groups, count = _grouped(ends, options.junction_radius)
    junctions = mean_at(groups, ends.T, count).T
    line_scores = segment_scores / (segment_scores.amax() + 1e-8) if len(segment_scores) else segment_scores
    points_and_junctions = torch.cat((junctions, points))
    return Wireframe(
        points=points_and_junctions,
        point_scores=torch.cat((mean_at(groups, line_scores.repeat_interleave(2), count), scores[y, x])),
        descriptors=superpoint.sample(descriptors, points_and_junctions),
        ends=groups.view(-1, 2),
        line_scores=line_scores,
        size=(grey.shape[3], grey.shape[2]),
    )


def _grouped(places: torch.Tensor, radius: float) -> tuple[torch.Tensor, int]:
    """Groups `places` [N, 2]; returns the number of each one's group [N], and how many groups there are.

    Places that a chain of steps of at most `radius` joins are one group. Groups are numbered as they first appear.
    """
    near = _distances(places, places) <= radius
    first = torch.arange(len(places), device=places.device)
    while len(places):
        # Each place gets the lowest index of its neighbours, again and again, until whole chains agree.
        lower = torch.where(near, first, len(places)).amin(1)
        if torch.equal(lower, first):
            break
        first = lower
    found, groups = torch.unique(first, return_inverse=True)
    return groups, len(found)


def _distances(places: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    # The faster way, a matrix product, loses digits where places are near each other.
    return torch.cdist(places, others, compute_mode="donot_use_mm_for_euclid_dist")
