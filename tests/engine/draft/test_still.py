# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands still over a picture that moves stays whole, and nothing that moves is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import drawn
from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft import gmfss, rife, still

CPU = Options(torch.device("cpu"))
METHODS = {"rife": rife.inbetween, "gmfss": gmfss.inbetween}
HEIGHT, WIDTH = 224, 384
GOLDEN = Path(__file__).parents[2] / "goldens" / "interpolation" / "bunny_stretch" / "start.png"

Picture = np.ndarray
Draw = Callable[[Picture], None]


def ground(left: int, top: int = 0) -> Picture:
    """A window of a rendered picture, uint8 [H, W, 3]."""
    return cv2.imread(str(GOLDEN), cv2.IMREAD_COLOR_RGB)[
        40 + top : 40 + top + HEIGHT, 64 + left : 64 + left + WIDTH
    ].copy()


def subtitle(picture: Picture) -> None:
    for colour, thick in (((10, 10, 10), 9), ((250, 250, 240), 3)):
        cv2.putText(picture, "Wait for me!", (60, 195), cv2.FONT_HERSHEY_DUPLEX, 1.2, colour, thick, cv2.LINE_AA)


def logo(picture: Picture) -> None:
    cv2.circle(picture, (335, 40), 26, (230, 40, 50), -1, cv2.LINE_AA)
    cv2.circle(picture, (335, 40), 16, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.line(picture, (322, 40), (348, 40), (20, 30, 120), 4, cv2.LINE_AA)


def letterbox(picture: Picture) -> None:
    picture[:24] = picture[-24:] = 0
    picture[24:26] = picture[-26:-24] = 90


def window(picture: Picture) -> None:
    """Of a train: its frame stands still."""
    cv2.rectangle(picture, (30, 30), (350, 190), (70, 50, 40), 14)
    cv2.rectangle(picture, (30, 30), (350, 190), (160, 130, 90), 3)
    cv2.line(picture, (190, 30), (190, 190), (70, 50, 40), 10)
    cv2.line(picture, (190, 30), (190, 190), (160, 130, 90), 2)


OVERLAYS: dict[str, Draw] = {each.__name__: each for each in (subtitle, logo, letterbox, window)}


def tensor(picture: Picture) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1).float() / 255


def shot(draw: Draw, pan: tuple[int, int]) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Start, end and middle of a pan by twice `pan` pixels behind what is drawn; and where that is, bool [H, W]."""
    frames = [ground(pan[0] * step, pan[1] * step) for step in (0, 2, 1)]
    marked = [frame.copy() for frame in frames]
    for each in marked:
        draw(each)
    return [tensor(each) for each in marked], torch.from_numpy((marked[2] != frames[2]).any(-1))


def middle(method: str, start: torch.Tensor, end: torch.Tensor, as_published: bool = False) -> torch.Tensor:
    options = replace(CPU, as_published=as_published)
    return next(iter(METHODS[method](start, end, [0.5], options, lambda stage, fraction: None)))


def error(picture: torch.Tensor, true: torch.Tensor, where: torch.Tensor) -> float:
    """In levels of 255."""
    return float((picture - true).abs().mean(0)[where].mean() * 255)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("pan", [(4, 0), (9, 4)])
@pytest.mark.parametrize("name", OVERLAYS)
def test_what_is_laid_over_a_pan_stays_whole(name: str, pan: tuple[int, int], method: str) -> None:
    (start, end, true), overlay = shot(OVERLAYS[name], pan)
    before, after = middle(method, start, end, as_published=True), middle(method, start, end)
    assert error(after, true, overlay) <= max(3.5, error(before, true, overlay) / 5)
    assert error(after, true, ~overlay) <= error(before, true, ~overlay) * 1.02 + 0.1


def test_drawings_that_move_are_drawn_no_worse() -> None:
    held, free = 0.0, 0.0
    everywhere = torch.ones(288, 480, dtype=torch.bool)
    for seed in range(6):
        start, end, true = (tensor(drawn.frame(seed, moment, 480, 288)) for moment in (0, 1, 0.5))
        held += error(middle("rife", start, end), true, everywhere)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(still, "find", lambda start, *each: torch.zeros_like(start[:, :1], dtype=torch.bool))
            free += error(middle("rife", start, end), true, everywhere)
    assert held <= free


@pytest.mark.parametrize("method", METHODS)
def test_equal_keys_stay_as_they_are(method: str) -> None:
    picture = ground(0)
    subtitle(picture)
    key = tensor(picture)
    assert float((middle(method, key, key.clone()) - key).abs().max()) < 1.5 / 255


@given(st.integers(-12, 12), st.integers(-12, 12), st.sampled_from(sorted(OVERLAYS)))
@settings(max_examples=20)
def test_only_what_stands_still_is_found(across: int, down: int, name: str) -> None:
    """With motion that is right for the ground, and wrong for what is laid over it."""
    (start, end, _), overlay = shot(OVERLAYS[name], (across, down))
    forth = torch.tensor([-2.0 * across, -2.0 * down]).view(1, 2, 1, 1).expand(1, 2, HEIGHT, WIDTH)
    found = still.find(start[None], end[None], forth, -forth)[0, 0]
    near = torch.nn.functional.max_pool2d(overlay[None, None].float(), 5, 1, 2)[0, 0] > 0
    assert float((found & ~near).float().mean()) < 0.03
    if abs(across) + abs(down) >= 4 and name in ("subtitle", "logo"):  # long lines go on in themselves
        edge = still._Pair(start[None], end[None]).still_edges[0, 0] & overlay
        assert float(found[edge].float().mean()) > 0.6
    if across == down == 0:
        assert not found.any()
