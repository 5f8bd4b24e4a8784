# SPDX-License-Identifier: GPL-3.0-or-later
"""GlueStick: finds which points and lines of two pictures are the same, with attention between and along them.

Published by Pautrat, Suárez et al., "GlueStick: Robust Image Matching by Sticking Points and Lines Together" (ICCV
2023); module names follow the published state dict. Features are [1, 256, N], one column a point.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

CHANNELS = 256
_HEADS = 4
_HIDDEN = (32, 64, 128, 256)  # channels of the encoders of places
_ROUNDS = 9  # of attention within each picture, along its lines, and between both


@dataclass(frozen=True)
class Wireframe:
    """The junctions and single points of one picture, in this order, and the lines between junctions.

    `points` [N, 2] are x, y in pixels, `point_scores` [N] in [0, 1], `descriptors` [256, N] of unit length.
    `ends` [L, 2] are the indices in `points` of each line's two ends, `line_scores` [L] in [0, 1], `size` is
    (width, height).
    """

    points: torch.Tensor
    point_scores: torch.Tensor
    descriptors: torch.Tensor
    ends: torch.Tensor
    line_scores: torch.Tensor
    size: tuple[int, int]

    @property
    def lines(self) -> torch.Tensor:
        """The ends of the lines, [L, 2, 2], in pixels."""
        return self.points[self.ends]


@dataclass(frozen=True)
class Assignment:
    """How likely the N and M points, or the K and L lines, of two pictures belong together.

    `points` [N + 1, M + 1] and `lines` [K + 1, L + 1] are logarithms of probabilities; the last row and column are
    those of having no partner. `raw_lines` [K, L] are the scores from which `lines` was computed.
    """

    points: torch.Tensor
    lines: torch.Tensor
    raw_lines: torch.Tensor


def perceptron(*channels: int) -> nn.Sequential:
    """Makes 1×1 convolutions with batch norm and ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(channels):
        layers += [nn.Conv1d(before, after, 1), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers[:-2])


class Encoder(nn.Module):
    """Encodes numbers about each point or line as features."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.encoder = perceptron(channels_in, *_HIDDEN, CHANNELS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[C, N] → [1, 256, N]."""
        encoded: torch.Tensor = self.encoder(x[None])
        return encoded


class Attention(nn.Module):
    """Attention of features `x` to features `source`, with several heads."""

    def __init__(self) -> None:
        super().__init__()
        self.merge = nn.Conv1d(CHANNELS, CHANNELS, 1)
        self.proj = nn.ModuleList(nn.Conv1d(CHANNELS, CHANNELS, 1) for _ in range(3))  # query, key, value

    def forward(self, x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        # Heads alternate from channel to channel: [1, 64·4, N] → [1, 4, N, 64]. Contiguous, for the fast kernel.
        query, key, value = (
            project(each).view(1, -1, _HEADS, each.shape[2]).permute(0, 2, 3, 1).contiguous()
            for project, each in zip(self.proj, (x, source, source), strict=True)
        )
        found = F.scaled_dot_product_attention(query, key, value)
        merged: torch.Tensor = self.merge(found.permute(0, 3, 1, 2).flatten(1, 2))
        return merged


class Propagation(nn.Module):
    """Updates features `x` by their attention to `source`."""

    def __init__(self) -> None:
        super().__init__()
        self.attn = Attention()
        self.mlp = perceptron(2 * CHANNELS, 2 * CHANNELS, CHANNELS)

    def forward(self, x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        change: torch.Tensor = self.mlp(torch.cat((x, self.attn(x, source)), 1))
        return x + change


class PointLayer(nn.Module):
    """Every point attends to all points of `source`: its own picture, or the other one."""

    def __init__(self) -> None:
        super().__init__()
        self.update = Propagation()

    def forward(self, x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        changed: torch.Tensor = self.update(x, source)
        return changed


class LineLayer(nn.Module):
    """Every junction gets messages from the junctions at the other ends of its lines, and takes their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.mlp = perceptron(3 * CHANNELS, 2 * CHANNELS, CHANNELS)

    def forward(self, x: torch.Tensor, line_code: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """`x` [1, 256, N], `line_code` [1, 256, 2·L], `ends` [2·L] → [1, 256, N]."""
        here = x[:, :, ends]
        there = here.reshape(1, CHANNELS, -1, 2).flip(3).flatten(2)
        message = self.mlp(torch.cat((here, there, line_code), 1))
        return x + mean_at(ends, message, x.shape[2])


class Graph(nn.Module):
    """The layers: in each round points attend within a picture, along lines, and across pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(PointLayer() for _ in range(2 * _ROUNDS))
        self.line_layers = nn.ModuleList(LineLayer() for _ in range(_ROUNDS))


class GlueStick(nn.Module):
    """The network; module names are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.kenc = Encoder(3)  # x, y, score
        self.lenc = Encoder(5)  # x, y, way to the other end, score
        self.gnn = Graph()
        self.final_proj = nn.Conv1d(CHANNELS, CHANNELS, 1)
        self.final_line_proj = nn.Conv1d(CHANNELS, CHANNELS, 1)
        self.bin_score = nn.Parameter(torch.tensor(1.0))
        self.line_bin_score = nn.Parameter(torch.tensor(1.0))

    def forward(self, start: Wireframe, end: Wireframe, tick: Callable[[float], None]) -> Assignment:
        """Matches two pictures with at least one line each. `tick` is called with the fraction done, and may raise."""
        a, b = self._encode_points(start), self._encode_points(end)
        lines_a, lines_b = self._encode_lines(start), self._encode_lines(end)
        ends_a, ends_b = start.ends.flatten(), end.ends.flatten()
        for index in range(_ROUNDS):
            tick(index / _ROUNDS)
            within, across = self.gnn.layers[2 * index], self.gnn.layers[2 * index + 1]
            along = self.gnn.line_layers[index]
            a, b = within(a, a), within(b, b)
            a, b = along(a, lines_a, ends_a), along(b, lines_b, ends_b)
            a, b = across(a, b), across(b, a)
        points = _likeness(self.final_proj(a), self.final_proj(b))
        raw_lines = _line_likeness(
            _likeness(self.final_line_proj(a[:, :, ends_a]), self.final_line_proj(b[:, :, ends_b]))
        )
        return Assignment(
            _log_assignment(points, self.bin_score), _log_assignment(raw_lines, self.line_bin_score), raw_lines
        )

    def _encode_points(self, frame: Wireframe) -> torch.Tensor:
        places = _normalised(frame.points, frame.size)
        encoded: torch.Tensor = self.kenc(torch.cat((places.T, frame.point_scores[None])))
        return frame.descriptors[None] + encoded

    def _encode_lines(self, frame: Wireframe) -> torch.Tensor:
        lines = _normalised(frame.lines, frame.size)
        ways = lines.flip(1) - lines
        # All scores twice, one after the other, not each score twice: so the published network was trained.
        scores = frame.line_scores.repeat(2)
        encoded: torch.Tensor = self.lenc(torch.cat((lines.flatten(0, 1).T, ways.flatten(0, 1).T, scores[None])))
        return encoded


def matches(log_assignment: torch.Tensor, threshold: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Finds partners in an assignment [K + 1, L + 1].

    Returns for each of the first picture its partner in the second one [K], -1 for none, and its score [K] in [0, 1].
    Partners are each other's best, with a score above `threshold`. Those that are not each other's best have score 0.
    """
    inner = log_assignment[:-1, :-1]
    best, partner = inner.max(1)
    mutual = inner.max(0).indices[partner] == torch.arange(len(partner), device=partner.device)
    scores = torch.where(mutual, best.exp(), 0.0)
    return torch.where(mutual & (scores > threshold), partner, -1), scores


def mean_at(index: torch.Tensor, values: torch.Tensor, count: int) -> torch.Tensor:
    """Averages columns of `values` [..., M] by their `index` [M] → [..., count]; 0 where there is no column."""
    total = values.new_zeros(*values.shape[:-1], count).index_add(-1, index, values)
    return total / torch.bincount(index, minlength=count).clamp(min=1)


def _normalised(places: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Pixels as the network was trained with them: about [-0.7, 0.7] around the picture's middle."""
    return (places - places.new_tensor(size) / 2) / (0.7 * max(size))


def _likeness(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Scores of features [1, 256, N] and [1, 256, M]: [N, M]."""
    likeness: torch.Tensor = a[0].T @ b[0] / CHANNELS**0.5
    return likeness


def _line_likeness(ends: torch.Tensor) -> torch.Tensor:
    """Scores of lines [K, L] from those of their ends [2·K, 2·L], whichever way round fits better."""
    ends = ends.reshape(ends.shape[0] // 2, 2, ends.shape[1] // 2, 2)
    same = ends[:, 0, :, 0] + ends[:, 1, :, 1]
    turned = ends[:, 0, :, 1] + ends[:, 1, :, 0]
    return torch.maximum(same, turned) / 2


def _log_assignment(likeness: torch.Tensor, none: torch.Tensor) -> torch.Tensor:
    """Scores [K, L] → [K + 1, L + 1], the mean of both pictures' log-probabilities; `none` scores having no partner."""
    rows = torch.cat((likeness, none.expand(len(likeness), 1)), 1).log_softmax(1)
    columns = torch.cat((likeness, none.expand(1, likeness.shape[1]))).log_softmax(0)
    both = F.pad((rows[:, :-1] + columns[:-1]) / 2, (0, 1, 0, 1))
    both[:-1, -1] = rows[:, -1]
    both[-1, :-1] = columns[-1]
    return both
