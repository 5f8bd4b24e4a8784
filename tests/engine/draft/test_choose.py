# SPDX-License-Identifier: GPL-3.0-or-later
"""What `auto` chooses: drawings that move much go to GMFSS, everything else to RIFE."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import pytest
import torch

from benchmarks import drawn
from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft.choose_method import choose, is_drawn_pair

CPU = Options(torch.device("cpu"))
GOLDEN = Path(__file__).parents[2] / "goldens" / "interpolation" / "bunny_stretch"


def picked(start: torch.Tensor, end: torch.Tensor) -> str:
    name, reason = choose(start, end, CPU, lambda stage, fraction: None)
    assert reason.endswith(".")
    return name


def cel(seed: int, moment: float, width: int = 640, height: int = 384) -> torch.Tensor:
    return torch.from_numpy(drawn.frame(seed, moment, width, height)).permute(2, 0, 1) / 255


def rendered(name: str) -> torch.Tensor:
    return torch.from_numpy(cv2.imread(str(GOLDEN / name), cv2.IMREAD_COLOR_RGB)).permute(2, 0, 1) / 255


@pytest.mark.parametrize("seed", [2, 5, 8, 11])
def test_drawings_that_move_much(seed: int) -> None:
    assert picked(cel(seed, 0), cel(seed, 1)) == "gmfss"


@pytest.mark.parametrize("seed", [0, 3, 6, 9])
def test_drawings_that_move_little(seed: int) -> None:
    assert picked(cel(seed, 0), cel(seed, 1)) == "rife"


def test_rendered_film() -> None:
    assert picked(rendered("start.png"), rendered("end.png")) == "rife"


def test_large_drawings_do_not_wait_for_gmfss_on_a_cpu() -> None:
    name, reason = choose(cel(2, 0, 1920, 1080), cel(2, 1, 1920, 1080), CPU, lambda stage, fraction: None)
    assert name == "rife"
    assert "slow" in reason


@pytest.mark.parametrize("period", [12, 16, 31])
@pytest.mark.parametrize("kind", ["checker", "tiles", "dots"])
def test_patterns_do_not_go_to_gmfss(kind: str, period: int) -> None:
    """What moves over the pattern is drawn, and much of the picture changes."""
    y, x = torch.meshgrid(torch.arange(384), torch.arange(640), indexing="ij")
    if kind == "checker":
        ink = (y // period + x // period) % 2
    elif kind == "tiles":
        ink = ((y % period < 2) | ((x + y // period * 5) % period < 2)).long()
    else:
        ink = ((y % period - period / 2) ** 2 + (x % period - period / 2) ** 2 < (period / 3) ** 2).long()
    pattern = torch.where(ink[None] == 0, torch.tensor([0.9, 0.85, 0.7])[:, None, None], 0.25)
    start, end = pattern.clone(), pattern.roll(period // 4, 2)
    start[:, 100:220, 60:180] = end[:, 120:240, 360:480] = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    assert picked(start, end) == "rife"


def test_equal_keys() -> None:
    assert picked(cel(2, 0), cel(2, 0)) == "dissolve"


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (700, 2), (4320, 7680)])
@pytest.mark.parametrize("channels", [3, 4])
def test_any_size(size: tuple[int, int], channels: int) -> None:
    started = time.monotonic()
    assert picked(torch.zeros(channels, *size), torch.ones(channels, *size)) == "dissolve"
    assert time.monotonic() - started < 60, "hangs"


def test_line_drawings_on_clear_layers_are_seen_as_drawn() -> None:
    """Black lines, nothing else: over black they would be invisible."""

    def lines(seed: int, moment: float) -> torch.Tensor:
        ink = (cel(seed, moment).amax(0) < 0.2).float()
        return torch.cat((torch.zeros(3, *ink.shape), ink[None]))

    assert is_drawn_pair(lines(2, 0), lines(2, 1))
