# SPDX-License-Identifier: GPL-3.0-or-later
"""FILM with a small TorchScript in place of the published one: which frames are made out of which, and what is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from fcvg_engine import methods
from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft import film
from fcvg_engine.models import registry
from fcvg_engine.shared.errors import Cancelled, MissingModel, NumericError

NAME = "film_net_fp32.pt"

Make = Callable[..., list[torch.Tensor]]


class Middle(torch.nn.Module):
    """Takes what the published network takes; the mean of both pictures. Counts, and refuses what that one would."""

    def __init__(self, fault: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("fault", torch.tensor(fault))
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x0: torch.Tensor, x1: torch.Tensor, batch_dt: torch.Tensor) -> torch.Tensor:
        assert x0.shape == x1.shape
        assert x0.shape[0] == 1
        assert x0.shape[1] == 3
        assert x0.shape[2] % 64 == 0
        assert x0.shape[3] % 64 == 0
        assert float(x0.min()) >= 0
        assert float(x0.max()) <= 1
        assert float(batch_dt) == 0.5
        self.calls += 1
        return x0 * (1 - batch_dt) + x1 * batch_dt + self.fault


class Network:
    """The file in its place in a models folder, pinned by a registry of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = folder / "film" / NAME
        self._content = json.loads(registry.FILE.read_text("utf-8"))
        self._registry = folder.with_name("registry.json")
        monkeypatch.setenv("FCVG_MODELS", str(folder))
        monkeypatch.delenv("FCVG_CHECKPOINTS", raising=False)
        monkeypatch.setattr(registry, "FILE", self._registry)
        self.pin("")

    def install(self, network: torch.nn.Module | None = None) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        torch.jit.script(network or Middle()).save(str(self.file))
        self.pin(hashlib.sha256(self.file.read_bytes()).hexdigest())

    def pin(self, sha256: str) -> None:
        self._content["models"]["film"]["files"][0]["sha256"] = sha256
        self._registry.write_text(json.dumps(self._content), "utf-8")
        for cached in (registry._content, registry.models):
            cached.cache_clear()

    @property
    def calls(self) -> int:
        """How often the network that is loaded has drawn."""
        (loaded,) = film._warm.values()
        calls: Any = loaded.calls  # type: ignore[attr-defined]
        return int(calls)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    film._warm.clear()
    yield Network(tmp_path / "models", monkeypatch)
    monkeypatch.undo()
    film._warm.clear()
    for cached in (registry._content, registry.models):
        cached.cache_clear()


def report(stage: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


def make(start: torch.Tensor, end: torch.Tensor, times: Sequence[float], **options: Any) -> list[torch.Tensor]:
    """Frames of keys of one colour, which would be dissolved if not as published."""
    given = Options(torch.device("cpu"), as_published=True, **options)
    return list(film.inbetween(start, end, times, given, report))


def levels(times: Sequence[float]) -> list[float]:
    """The grey of each frame between black and white; with `Middle` that is the time that was really drawn."""
    return [float(frame.mean()) for frame in make(torch.zeros(3, 8, 8), torch.ones(3, 8, 8), times)]


def test_halves_quarters_and_eighths_are_exact_and_shared(network: Network) -> None:
    network.install()
    assert levels([number / 8 for number in range(1, 8)]) == [number / 8 for number in range(1, 8)]
    assert network.calls == 7


def test_the_order_that_is_asked_for_is_kept_and_costs_nothing(network: Network) -> None:
    network.install()
    times = [0.5, 0.875, 0.125, 0.25, 0.75, 0.375, 0.625]
    assert levels(times) == times
    assert network.calls == 7


def test_other_times_are_drawn_within_a_128th(network: Network) -> None:
    network.install()
    times = [number / 24 for number in range(1, 24)]
    made = levels(times)
    assert made == pytest.approx(times, abs=1 / 128)
    assert made == sorted(set(made)), "never the same frame twice, never backwards"
    assert network.calls < 64, "no more than all there are"


def test_only_what_leads_to_a_frame_is_drawn(network: Network) -> None:
    network.install()
    assert levels([0.75]) == [0.75]
    assert network.calls == 2


def test_a_frame_does_not_depend_on_the_others(network: Network) -> None:
    """A job that is gone on with asks for the missing ones only."""
    network.install()
    assert levels([0.3]) == [levels([0.2, 0.3, 0.9])[1]]


def test_times_beside_a_key_are_not_the_key(network: Network) -> None:
    network.install()
    assert levels([0.001, 0.999]) == [1 / 64, 63 / 64]


def test_frames_too_close_to_differ_are_mentioned(network: Network) -> None:
    network.install()
    notes: list[str] = []
    black, white = torch.zeros(3, 8, 8), torch.ones(3, 8, 8)
    make(black, white, [number / 24 for number in range(1, 24)], note=notes.append)
    assert notes == []
    make(black, white, [number / 100 for number in range(1, 100)], note=notes.append)
    (note,) = notes
    assert "63" in note


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (64, 64), (65, 127)])
@pytest.mark.parametrize("channels", [3, 4])
def test_any_size(network: Network, size: tuple[int, int], channels: int) -> None:
    network.install()
    start, end = torch.full((channels, *size), 0.25), torch.full((channels, *size), 0.75)
    (frame,) = make(start, end, [0.5])
    assert frame.shape == start.shape
    assert frame.dtype == torch.float32
    assert (frame - 0.5).abs().max() < 1e-6


def test_transparency_is_drawn_with_the_colours(network: Network) -> None:
    network.install()
    start = torch.tensor([0.8, 0.0, 0.0, 0.8]).view(4, 1, 1).expand(4, 8, 8)
    end = torch.tensor([0.2, 0.0, 0.0, 0.2]).view(4, 1, 1).expand(4, 8, 8)
    (frame,) = make(start, end, [0.25])
    assert frame[:, 0, 0].tolist() == pytest.approx([0.65, 0, 0, 0.65])
    assert network.calls == 4, "twice for each of two steps"


def test_opaque_alpha_costs_nothing_and_stays_opaque(network: Network) -> None:
    network.install()
    start, end = torch.rand(4, 8, 8), torch.rand(4, 8, 8)
    start[3] = end[3] = 1
    (frame,) = make(start, end, [0.5])
    assert (frame[3] == 1).all()
    assert network.calls == 1


def test_highlights_above_white_are_not_clipped(network: Network) -> None:
    network.install()
    start, end = torch.full((3, 8, 8), 5.0), torch.full((3, 8, 8), 0.5)
    (frame,) = make(start, end, [0.5])
    assert frame.mean() == pytest.approx((1 + 0.5) / 2 + (4 + 0) / 2)


def test_keys_are_not_changed(network: Network) -> None:
    network.install()
    start, end = torch.rand(4, 9, 9) * 2, torch.rand(4, 9, 9)
    before = start.clone(), end.clone()
    make(start, end, [0.25, 0.5])
    assert torch.equal(start, before[0])
    assert torch.equal(end, before[1])


def test_it_can_be_cancelled_between_two_evaluations(network: Network) -> None:
    network.install()

    def stop_at_the_third(stage: str, fraction: float) -> None:
        if fraction >= 2 / 6:
            raise Cancelled

    keys = torch.zeros(3, 8, 8), torch.ones(3, 8, 8)
    with pytest.raises(Cancelled):
        list(film.inbetween(*keys, [1 / 64], Options(torch.device("cpu"), as_published=True), stop_at_the_third))
    assert network.calls == 2


def test_invalid_numbers_are_named_not_shown(network: Network) -> None:
    network.install(Middle(float("nan")))
    with pytest.raises(NumericError, match="while"):
        levels([0.5])


class TestTheFile:
    def test_without_it_the_artist_hears_where_to_get_it(self, network: Network) -> None:
        with pytest.raises(MissingModel) as caught:
            levels([0.5])
        assert NAME in caught.value.message
        assert "preferences" in caught.value.hint

    def test_another_one_is_never_opened(self, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
        network.install()
        content = bytearray(network.file.read_bytes())
        content[len(content) // 2] ^= 1
        network.file.write_bytes(content)
        opened: list[object] = []
        monkeypatch.setattr(torch.jit, "load", lambda *arguments, **options: opened.append(arguments))
        with pytest.raises(MissingModel, match="not opened"):
            levels([0.5])
        assert opened == []

    def test_nor_is_one_of_which_nobody_knows_what_it_should_be(self, network: Network) -> None:
        network.install()
        network.pin("")
        with pytest.raises(MissingModel, match="not opened"):
            levels([0.5])

    def test_it_is_opened_once(self, network: Network) -> None:
        network.install()
        levels([0.5])
        network.file.write_bytes(b"gone meanwhile")
        assert levels([0.5]) == [0.5]
        assert network.calls == 2


def test_it_is_one_of_the_methods() -> None:
    assert registry.label("film") == "FILM"
    assert methods.load("film") is film.inbetween
