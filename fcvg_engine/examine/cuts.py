# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides whether two keys are of the same shot.

The keys are aligned in four ways: as they are, shifted as by a camera that pans, along the flow of each place, and as
most matched keypoints move. In one shot something stays the same, so one of these alignments explains a good part of
the picture: the background behind a character that jumps, or the character before a background that moves. Light does
not matter, since patterns are compared and not brightness.

Three things count: the share of places with texture that the best alignment explains; how many keypoints move together,
beyond those that do so with one key mirrored, which shows the same kind of things (rows of windows match any other row
of windows); and, with less weight, whether the colours are distributed alike.

How often it is wrong (`python -m benchmarks.cuts` for the first two rows; the third is not in the benchmark, and was
used while the thresholds were chosen):

    measured on                                                      false alarms    misses
    filmed, rendered and drawn by program, tuned on                  13 of 331       3 of 188
    other scenes drawn by program, held out                           9 of 264      11 of 168
    two animated films, ten pairs of anime, storyboard panels        22 of 160       0 of 140

A false alarm costs the artist one question, a miss costs one job. So the thresholds are where both are about as rare,
not where every cut is found. False alarms: a camera that flies fast (19 of the 22) or moves in on a drawing (20 of the
22 drawn), since little of the first key is left in the last. Misses: another place behind the same character in the
same pose (10 of 14), which looks like a held character before a moving background; and a few drawn pictures that share
a row of houses or a strip of ground. What grows more than threefold is not recognised. A pair takes 0.06 to 0.17 s on
one core.
"""

from __future__ import annotations

import numpy as np

from .alignments import Comparison, groups, points
from .views import View

ENOUGH = 0.2  # of the places with texture, explained by one alignment

_POINTS = 10  # keypoints that move together, beyond chance: as good as `ENOUGH`
_CHANCE = 1.5  # times the keypoints that move together with one key mirrored
_LAYOUT = 0.3  # that the layout of colours adds or subtracts at most
_UNLIKE = 0.6  # likeness of layouts that neither adds nor subtracts
_FAINT = 200.0  # variance of a layout that is nearly one colour


def is_cut(compared: Comparison) -> bool:
    """Whether too little speaks for one shot. Keys that show next to nothing are no cut, since nothing can be told."""
    return likeness(compared) < 1


def likeness(compared: Comparison) -> float:
    """Measures how much speaks for one shot. From 1 on it is enough, and the search ends."""
    if compared.says_nothing:
        return 1.0
    colours = (_alike(compared.first, compared.last) - _UNLIKE) / (1 - _UNLIKE)
    layout = _LAYOUT * float(np.clip(colours, -1, 1))
    ways = (compared.standing, compared.sliding, compared.flowing)
    best = 0.0
    for way in ways:
        best = max(best, way().share / ENOUGH)
        if best + layout >= 1:
            return best + layout
    first = points(compared.first)
    group = next(groups(first, points(compared.last), 1), None)
    if group is None:
        return best + layout
    best = max(best, compared.grouped(group).share / ENOUGH)
    if best + layout < 1 <= len(group.places) / _POINTS + layout:
        chance = next(groups(first, points(compared.last.mirrored()), 1), None)
        expected = _CHANCE * (0 if chance is None else len(chance.places))
        best = max(best, (len(group.places) - expected) / _POINTS)
    return best + layout


def _alike(first: View, last: View) -> float:
    """How alike the layouts of colours are, -1 … 1; near 0 where there is hardly any colour."""
    a, b = first.layout, last.layout
    weights = [float(np.square(each).sum(-1).mean()) + _FAINT for each in (a, b)]
    return float((a * b).sum(-1).mean()) / float(np.sqrt(weights[0] * weights[1]))
