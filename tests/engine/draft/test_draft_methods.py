# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist sees of rife, gmfss and dissolve: things move, keep their colours and edges, at any size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest
import torch

from benchmarks import drawn
from fcvg_engine.core import pictures
from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft import dissolve, gmfss, networks, rife
from fcvg_engine.shared.errors import Cancelled, NumericError, OutOfMemory

CPU = Options(torch.device("cpu"))
METHODS = {"rife": rife.inbetween, "gmfss": gmfss.inbetween, "dissolve": dissolve.inbetween}
MOVING = ("rife", "gmfss")


def generate(method: str, start: torch.Tensor, end: torch.Tensor, times: Sequence[float]) -> list[torch.Tensor]:
    return list(METHODS[method](start, end, times, CPU, lambda stage, fraction: None))


def bunny() -> torch.Tensor:
    """A frame of Big Buck Bunny, [3, 320, 512]."""
    path = Path(__file__).parents[2] / "goldens" / "interpolation" / "bunny_stretch" / "start.png"
    return torch.from_numpy(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)).permute(2, 0, 1) / 255


def texture(height: int, width: int, left: int = 0, top: int = 0) -> torch.Tensor:
    """A window [3, height, width] of that frame, `left` and `top` pixels from a fixed place in its middle."""
    return bunny()[:, 32 + top : 32 + top + height, 64 + left : 64 + left + width].contiguous()


def disc(x: float, colour: Sequence[float], size: tuple[int, int] = (96, 160), radius: float = 20) -> torch.Tensor:
    """A soft-edged disc on a clear layer, premultiplied [4, H, W]."""
    rows, columns = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    alpha = ((radius - ((rows - size[0] / 2) ** 2 + (columns - x) ** 2).sqrt()) / 6 + 0.5).clamp(0, 1)
    return torch.stack([value * alpha for value in colour] + [alpha])


def middle_of(alpha: torch.Tensor) -> float:
    """Column of the centre of mass."""
    return float((alpha * torch.arange(alpha.shape[1])).sum() / alpha.sum())


def shift_between(first: torch.Tensor, second: torch.Tensor) -> tuple[float, float]:
    """How far the content of the one picture lies from the other's, in pixels, by phase correlation."""
    grey = [picture.mean(0)[20:-20, 20:-20].double().numpy() for picture in (first, second)]
    return cv2.phaseCorrelate(*grey)[0]


@pytest.mark.parametrize("method", MOVING)
@pytest.mark.parametrize("shift", [(16, 0), (-8, 8)])
def test_known_motion_lands_where_it_should(method: str, shift: tuple[int, int]) -> None:
    start, end = texture(256, 320), texture(256, 320, *shift)
    inner = (..., slice(20, -20), slice(20, -20))
    for time, frame in zip((0.25, 0.5), generate(method, start, end, (0.25, 0.5)), strict=True):
        moved = shift_between(start, frame)
        assert moved == pytest.approx((-shift[0] * time, -shift[1] * time), abs=0.7)
        true = texture(256, 320, round(shift[0] * time), round(shift[1] * time))
        faded = torch.lerp(start, end, time)
        assert (frame - true)[inner].abs().mean() < 0.65 * (faded - true)[inner].abs().mean()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (35, 1), (33, 65), (127, 70)])
@pytest.mark.parametrize("channels", [3, 4])
def test_any_size(method: str, size: tuple[int, int], channels: int) -> None:
    start, end = torch.full((channels, *size), 0.25), torch.full((channels, *size), 0.75)
    (frame,) = generate(method, start, end, (0.5,))
    assert frame.shape == start.shape
    assert frame.dtype == torch.float32
    assert (frame - 0.5).abs().max() < 0.25, "between the keys"


@pytest.mark.parametrize("method", MOVING)
@pytest.mark.parametrize("colour", [(1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)])
def test_soft_edges_keep_their_colour(method: str, colour: tuple[float, ...]) -> None:
    start, end = disc(56, colour), disc(88, colour)
    (frame,) = generate(method, start, end, (0.5,))
    alpha = frame[3]
    assert middle_of(alpha) == pytest.approx(72, abs=1.5)
    assert alpha.max() > 0.98, "not faded"
    assert alpha[:, :40].max() < 0.02, "no ghost at the first key"
    edge = (alpha > 0.02) & (alpha < 0.97)
    assert edge.sum() > 200
    straight = frame[:3, edge] / alpha[edge]
    assert (straight - torch.tensor(colour)[:, None]).abs().max() < 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_opaque_layer_stays_opaque(method: str) -> None:
    start, end = (torch.cat((texture(64, 96, left), torch.ones(1, 64, 96))) for left in (0, 5))
    (frame,) = generate(method, start, end, (0.5,))
    assert (frame[3] * 65535).round().min() == 65535
    opaque = generate(method, start[:3], end[:3], (0.5,))[0]
    assert (frame[:3] - opaque).abs().mean() < 0.5 / 255, "alpha that is 1 everywhere changes nothing"


@pytest.mark.parametrize("method", MOVING)
def test_highlights_above_one_move_unclipped(method: str) -> None:
    def lamp(x: int) -> torch.Tensor:
        return texture(96, 160) * 0.3 + disc(x, (5.0, 5.0, 5.0))[:3]

    (frame,) = generate(method, lamp(56), lamp(88), (0.5,))
    assert frame[:, 40:56, 66:78].min() > 4
    assert frame.max() < 5.6


@pytest.mark.parametrize("method", METHODS)
def test_same_input_same_frames(method: str) -> None:
    start, end = texture(64, 96), texture(64, 96, 4)
    first, second = (generate(method, start, end, (0.3, 0.6)) for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_order_of_times_is_free(method: str) -> None:
    start, end = texture(64, 96), texture(64, 96, 4)
    forward, backward = (generate(method, start, end, times) for times in ((0.3, 0.5, 0.6), (0.6, 0.5, 0.3)))
    assert all(torch.equal(*pair) for pair in zip(forward, backward[::-1], strict=True))


@pytest.mark.parametrize("method", MOVING)
def test_keys_are_not_changed(method: str) -> None:
    start, end = disc(50, (1.0, 0.5, 0.0)), disc(60, (1.0, 0.5, 0.0))
    before = start.clone(), end.clone()
    generate(method, start, end, (0.5,))
    assert torch.equal(start, before[0])
    assert torch.equal(end, before[1])


def test_gmfss_reports_often_enough_to_be_cancelled() -> None:
    stages: list[str] = []

    def report(stage: str, fraction: float) -> None:
        stages.append(stage)
        assert 0 <= fraction <= 1
        if len(stages) == 20:
            raise Cancelled

    start, end = texture(64, 96), texture(64, 96, 4)
    with pytest.raises(Cancelled):
        list(gmfss.inbetween(start, end, (0.5,), CPU, report))
    assert "Looking for motion" in stages


@pytest.mark.parametrize(("method", "network"), [("rife", "rife"), ("gmfss", "gmflow"), ("gmfss", "fusion")])
def test_invalid_numbers_are_named_not_shown(method: str, network: str) -> None:
    net = networks.network(network, CPU.device, CPU.dtype, lambda stage, fraction: None)
    weight = next(parameter for parameter in net.parameters() if parameter.numel() > 100)
    kept = weight.clone()
    try:
        weight.fill_(float("nan"))
        with pytest.raises(NumericError, match="while"):
            generate(method, texture(64, 96), texture(64, 96, 4), (0.5,))
    finally:
        weight.copy_(kept)


@pytest.mark.parametrize("method", MOVING)
def test_motion_of_large_keys_is_found_at_reduced_size(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of 4K keys, on small ones: the frame is of full size, moved, and as sharp as the keys."""
    start, end, true = texture(256, 320), texture(256, 320, 16), texture(256, 320, 8)
    monkeypatch.setattr({"rife": rife, "gmfss": gmfss}[method], "MOST_PIXELS", 256 * 320 / 3)
    (frame,) = generate(method, start, end, (0.5,))
    assert frame.shape == start.shape
    assert shift_between(true, frame) == pytest.approx((0, 0), abs=0.7)
    detail = [(picture[..., 1:] - picture[..., :-1]).abs().mean() for picture in (frame, start)]
    assert detail[0] > 0.6 * detail[1]


def test_bands_join_without_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = torch.Generator().manual_seed(5)
    moves = [
        pictures.Move(
            torch.rand(1, 4, 50, 37, generator=draw),
            torch.randn(1, 2, 25, 19, generator=draw) * 3,
            torch.rand(1, 1, 25, 19, generator=draw),
        )
        for _ in range(2)
    ]
    whole = pictures.carry(moves)
    monkeypatch.setattr(pictures, "_BAND_PIXELS", 37 * 7)
    torch.testing.assert_close(pictures.carry(moves), whole, rtol=0, atol=1e-5)


def test_out_of_memory_is_said_so() -> None:
    """A real lack of memory, in a process that may not have more."""
    program = """
import resource, torch
from fcvg_engine.shared.errors import OutOfMemory
from fcvg_engine.draft import dissolve
from fcvg_engine.core.method_contract import Options
start, end = torch.zeros(3, 4096, 4096), torch.zeros(3, 4096, 4096)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, used + 50_000_000))
try:
    list(dissolve.inbetween(start, end, (0.5,), Options(torch.device("cpu")), lambda stage, fraction: None))
except OutOfMemory as error:
    print(error.code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.stdout == "out_of_memory\n", done.stderr


@pytest.mark.parametrize("method", MOVING)
def test_flat_areas_of_drawings_keep_the_colours_of_the_keys(method: str) -> None:
    def levels(picture: torch.Tensor) -> torch.Tensor:
        return (picture.clamp(0, 1) * 255).round().long().flatten(1).T  # [H·W, 3]

    start, end = (torch.from_numpy(drawn.frame(5, moment, 480, 288)).permute(2, 0, 1) / 255 for moment in (0, 1))
    colours, places = levels(start).unique(dim=0, return_counts=True)
    palette = colours[places > 200]
    (frame,) = generate(method, start, end, (0.5,))
    shares = [float((levels(picture)[:, None] == palette).all(-1).any(-1).float().mean()) for picture in (start, frame)]
    assert shares[1] > 0.75 * shares[0]


@pytest.mark.parametrize(
    ("method", "instead", "never"),
    [("gmfss", "RIFE", "GMFSS"), ("rife", "Dissolve", "RIFE"), ("dissolve", "", "method")],
)
def test_where_memory_runs_out_a_method_that_needs_less_is_named(
    monkeypatch: pytest.MonkeyPatch, method: str, instead: str, never: str
):
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(networks, "network", full)
    monkeypatch.setattr(torch, "lerp", full)  # what a dissolve is made of
    with pytest.raises(OutOfMemory) as lacking:
        generate(method, torch.rand(3, 64, 64), torch.rand(3, 64, 64), (0.5,))
    assert instead in lacking.value.hint
    assert never not in lacking.value.hint
    assert "smaller keyframes" in lacking.value.hint
