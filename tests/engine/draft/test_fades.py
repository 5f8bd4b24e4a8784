# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys between which nothing moves are dissolved by `auto`, exact in brightness and place; all others are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from engine_process import run_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import drawn
from fcvg_engine.draft import fades
from fcvg_engine.files import images

ROBOT = Path(__file__).parents[2] / "cartoons" / "robot" / "start.png"


def cel(seed: int, moment: float) -> torch.Tensor:
    return torch.from_numpy(drawn.frame(seed, moment, 480, 288)).permute(2, 0, 1) / 255


def soft(seed: int) -> torch.Tensor:
    """Something like a landscape out of focus."""
    points = torch.rand(1, 3, 7, 12, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(points, size=(288, 480), mode="bicubic")[0].clamp(0, 1)


PICTURES = st.one_of(st.integers(0, 11).map(lambda seed: cel(seed, 0)), st.integers(0, 99).map(soft))


def grain(size: float) -> torch.Tensor:
    return size / 255 * torch.randn(3, 288, 480, generator=torch.Generator().manual_seed(1))


@given(
    PICTURES,
    st.floats(0.15, 0.95),
    st.lists(st.floats(0.5, 1), min_size=3, max_size=3),
    st.floats(0, 0.3),
    st.floats(0.8, 1.4),
    st.sampled_from([0.0, 1.0]),
)
@settings(max_examples=20)
def test_light_that_changes_is_a_fade(
    picture: torch.Tensor, light: float, tint: list[float], haze: float, gamma: float, noise: float
) -> None:
    other = (picture**gamma * light * torch.tensor(tint)[:, None, None] * (1 - haze) + haze).clamp(0, 1)
    assert fades.kind(picture + grain(noise), other - grain(noise)) == fades.LIGHT


@given(PICTURES, st.integers(-6, 6), st.integers(-6, 6), st.floats(0.6, 1))
@settings(max_examples=20)
def test_a_camera_that_moves_is_none(picture: torch.Tensor, across: int, down: int, light: float) -> None:
    if abs(across) + abs(down) < 2:
        across = 2
    other = picture.roll((down, across), (1, 2)) * light
    assert fades.kind(picture[:, 8:-8, 8:-8], other[:, 8:-8, 8:-8]) == ""


@given(
    PICTURES,
    st.integers(8, 60),
    st.integers(3, 40),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
    st.integers(40, 380),
)
@settings(max_examples=20)
def test_a_thing_that_moves_is_none(picture: torch.Tensor, size: int, way: int, colour: list[float], left: int) -> None:
    start, end = picture.clone(), picture.clone()
    paint = torch.tensor(colour)[:, None, None]
    start[:, 100 : 100 + size, left : left + size] = paint
    end[:, 100 : 100 + size, left + way : left + way + size] = paint
    seen = (start - end).abs().amax(0)
    if float(F.avg_pool2d(seen[None, None], 5, 1).max()) > 0.2:  # otherwise it has the ground's colour
        assert fades.kind(start, end) == ""


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5])
def test_drawings_that_move_are_none(seed: int) -> None:
    assert fades.kind(cel(seed, 0), cel(seed, 1)) == ""


class TestFrames:
    def test_out_of_black_brightness_grows_evenly_and_nothing_bends(self, tmp_path: Path) -> None:
        end = images.read(ROBOT).pixels
        frames = inbetweens(tmp_path, np.zeros_like(end), end)
        for number, frame in enumerate(frames, 1):
            assert np.abs(frame - end * number / 4).max() < 1 / 255

    @pytest.mark.parametrize("is_last", [False, True])
    def test_a_sprite_that_comes_or_goes_has_even_alpha(self, tmp_path: Path, is_last: bool) -> None:
        sprite = np.zeros((4, 90, 160), np.float32)
        sprite[:, 20:60, 40:100] = np.float32([0.9, 0.4, 0.1, 1])[:, None, None]
        pair = [np.zeros_like(sprite), sprite]
        frames = inbetweens(tmp_path, *(reversed(pair) if is_last else pair))
        largest = [round(float(frame[3].max() * 255)) for frame in frames]
        assert largest == pytest.approx([191, 128, 64] if is_last else [64, 128, 191], abs=2)

    def test_examining_calls_it_no_cut_and_says_that_nothing_moves(self, tmp_path: Path) -> None:
        end = images.read(ROBOT).pixels
        start, end_file = written(tmp_path, np.zeros_like(end), end)
        done = run_engine("examine", start, end_file, "--json", "--device", "cpu")
        examined = json.loads(done.stdout.splitlines()[-1])
        assert (examined["is_cut"], examined["suggested"], examined["state"]) == (False, "dissolve", "ok")
        assert examined["sentence"].startswith("Nothing moves between the keys: ")
        assert "the first keyframe shows nothing" in examined["reason"]


def written(folder: Path, *pixels: np.ndarray) -> list[Path]:
    paths = [folder / "start.png", folder / "end.png"]
    for path, each in zip(paths, pixels, strict=True):
        path.write_bytes(images.encode(np.ascontiguousarray(each), "png"))
    return paths


def inbetweens(folder: Path, *pixels: np.ndarray) -> list[np.ndarray]:
    """The three inbetweens that `auto` makes."""
    keys = written(folder, *pixels)
    done = run_engine("inbetween", *keys, "--count", "3", "--out", folder / "out", "--json", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "out" / "manifest.json").read_text())["method"] == "dissolve"
    return [images.read(folder / "out" / f"000{number}.png").pixels for number in (1, 2, 3)]
