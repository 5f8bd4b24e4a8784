# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the picture that is there in one key only, or whose light changes, fades; what moves is never faded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from benchmarks import drawn, hard_pairs
from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft import fades, fading_parts, film, gmfss, rife

CPU = Options(torch.device("cpu"))
METHODS = {"rife": rife.inbetween, "gmfss": gmfss.inbetween}
WIDTH, HEIGHT = 480, 288
NO_MOTION = torch.zeros(1, 2, HEIGHT, WIDTH)

Picture = np.ndarray


def ground(time: float) -> Picture:
    """A drawn shot in which a character moves, uint8 [H, W, 3]."""
    return drawn.frame(0, time, WIDTH, HEIGHT).copy()


def still_ground(time: float) -> Picture:
    return ground(0.0)


def title(picture: Picture) -> None:
    cv2.putText(picture, "THE END", (20, 60), cv2.FONT_HERSHEY_DUPLEX, 1.4, (160, 20, 30), 5, cv2.LINE_AA)


def ball(picture: Picture) -> None:
    cv2.circle(picture, (60, 50), 26, (30, 20, 20), -1, cv2.LINE_AA)
    cv2.circle(picture, (60, 50), 22, (240, 120, 30), -1, cv2.LINE_AA)


def lamp(picture: Picture) -> None:
    """It shines on a house and what is around it."""
    picture[130:250, 330:430] = (picture[130:250, 330:430] * 0.5 + np.array([120, 110, 60])).astype(np.uint8)


PARTS: dict[str, Callable[[Picture], None]] = {each.__name__: each for each in (title, ball, lamp)}


def tensor(picture: Picture) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1).float() / 255


def frames(method: str, start: torch.Tensor, end: torch.Tensor, times: list[float]) -> tuple[list[torch.Tensor], str]:
    notes: list[str] = []
    options = replace(CPU, note=notes.append)
    return list(METHODS[method](start, end, times, options, lambda stage, fraction: None)), " ".join(notes)


@pytest.mark.parametrize("is_last", [True, False], ids=["in", "out"])
@pytest.mark.parametrize(
    ("name", "shot"),
    [("title", still_ground), ("title", ground), ("ball", still_ground), ("ball", ground), ("lamp", still_ground)],
)
@pytest.mark.parametrize("method", METHODS)
def test_a_part_that_is_in_one_key_only_fades(
    method: str, name: str, shot: Callable[[float], Picture], is_last: bool
) -> None:
    first, last = shot(0.0), shot(1.0)
    shown = last if is_last else first
    bare = shown.copy()
    PARTS[name](shown)
    where = torch.from_numpy((shown != bare).any(-1))
    made, notes = frames(method, tensor(first), tensor(last), [0.25, 0.5, 0.75])
    for time, frame in zip((0.25, 0.5, 0.75), made, strict=True):
        right = torch.lerp(tensor(first), tensor(last), time)
        assert float((frame - right).abs()[:, where].mean()) < 3 / 255, f"at {time}"
    assert fading_parts.NOTE in notes or fades.NOTE in notes


@pytest.mark.parametrize("seed", range(6))
def test_drawings_that_move_are_drawn_no_worse(seed: int) -> None:
    first, last, true = (tensor(drawn.frame(seed, time, WIDTH, HEIGHT)) for time in (0, 1, 0.5))
    (made,), _ = frames("rife", first, last, [0.5])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fading_parts, "find", lambda *keys: None)
        (free,), _ = frames("rife", first, last, [0.5])
    assert float((made - true).abs().mean()) <= float((free - true).abs().mean())


@pytest.mark.parametrize("moved_px", [8, 30, 120])
def test_a_thing_that_moves_over_a_still_ground_does_not_fade(moved_px: int) -> None:
    first, last = still_ground(0), still_ground(1)
    for picture, left in ((first, 90), (last, 90 + moved_px)):
        cv2.circle(picture, (left, 60), 30, (30, 20, 20), -1, cv2.LINE_AA)
        cv2.circle(picture, (left, 60), 26, (240, 120, 30), -1, cv2.LINE_AA)
    keys = [tensor(each)[None] for each in (first, last)]
    assert fading_parts.find(*keys, NO_MOTION, NO_MOTION) is None, "as if no motion had been found"


def test_a_thing_that_comes_from_outside_does_not_fade() -> None:
    first, last = still_ground(0), still_ground(1)
    cv2.circle(last, (10, 60), 30, (240, 120, 30), -1, cv2.LINE_AA)
    keys = [tensor(each)[None] for each in (first, last)]
    assert fading_parts.find(*keys, NO_MOTION, NO_MOTION) is None


@pytest.mark.parametrize("method", [rife.inbetween, gmfss.inbetween, film.inbetween], ids=["rife", "gmfss", "film"])
@pytest.mark.parametrize("pair", ["from black", "to white", "from clear", "nightfall"])
def test_every_method_dissolves_keys_that_fade_into_one_another(method: Callable[..., object], pair: str) -> None:
    """No network is needed, so none is loaded."""
    draw = hard_pairs.SETS["fades"][pair]
    first, last, *true = (torch.from_numpy(draw(time)).permute(2, 0, 1) for time in (0, 1, 0.25, 0.75))
    notes: list[str] = []
    made = method(first, last, [0.25, 0.75], replace(CPU, note=notes.append), lambda stage, fraction: None)
    for frame, right in zip(made, true, strict=True):  # type: ignore[call-overload]
        assert float((frame - right).abs().max()) < 1 / 255
    assert fades.NOTE in notes
