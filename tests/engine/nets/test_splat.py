# SPDX-License-Identifier: GPL-3.0-or-later
"""Softmax splatting against the definition, pixel by pixel."""

from __future__ import annotations

import math

import pytest
import torch

from fcvg_engine.nets.splat import Splat


def splat_slowly(values: torch.Tensor, flow: torch.Tensor, metric: torch.Tensor) -> torch.Tensor:
    _, channels, height, width = values.shape
    total = torch.zeros(channels, height, width, dtype=torch.float64)
    weights = torch.full((height, width), 1e-7, dtype=torch.float64)
    for y in range(height):
        for x in range(width):
            to_x, to_y = x + flow[0, 0, y, x].item(), y + flow[0, 1, y, x].item()
            for row in (math.floor(to_y), math.floor(to_y) + 1):
                for column in (math.floor(to_x), math.floor(to_x) + 1):
                    weight = (1 - abs(to_x - column)) * (1 - abs(to_y - row)) * math.exp(metric[0, 0, y, x].item())
                    if 0 <= row < height and 0 <= column < width:
                        total[:, row, column] += weight * values[0, :, y, x].double()
                        weights[row, column] += weight
    return (total / weights)[None].float()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (11, 13)])
def test_agrees_with_the_definition(size: tuple[int, int]) -> None:
    draw = torch.Generator().manual_seed(3)
    values = torch.randn(1, 5, *size, generator=draw)
    flow = torch.randn(1, 2, *size, generator=draw) * 4  # many land outside
    metric = torch.randn(1, 1, *size, generator=draw) * 3
    torch.testing.assert_close(Splat(flow, metric)(values), splat_slowly(values, flow, metric), rtol=1e-4, atol=1e-5)


def test_whole_steps_move_pixels_unchanged() -> None:
    values = torch.rand(1, 3, 8, 10)
    flow = torch.tensor((3.0, -2.0)).view(1, 2, 1, 1).expand(1, 2, 8, 10)
    moved = Splat(flow, torch.zeros(1, 1, 8, 10))(values)
    torch.testing.assert_close(moved[..., :6, 3:], values[..., 2:, :7], rtol=0, atol=1e-6)
    assert not moved[..., 6:, :].any()
    assert not moved[..., :3].any()


def test_larger_metric_hides_smaller() -> None:
    values = torch.tensor((0.0, 0.25, 1.0)).view(1, 1, 1, 3)
    flow = torch.tensor(((2.0, 1.0, 0.0), (0.0, 0.0, 0.0))).view(1, 2, 1, 3)  # all land on the last pixel
    metric = torch.tensor((0.0, 20.0, 0.0)).view(1, 1, 1, 3)
    assert Splat(flow, metric)(values)[0, 0, 0].tolist() == pytest.approx([0, 0, 0.25])
