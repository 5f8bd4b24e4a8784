# SPDX-License-Identifier: GPL-3.0-or-later
"""TRF, ViBiDSampler and GI against plain transcriptions of their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch

from fcvg_engine.diffusion.samplers import gi, trf, vibid
from fcvg_engine.diffusion.samplers.base import Direction, OnStep, Prediction
from fcvg_engine.shared.errors import Cancelled

FRAMES, SHAPE = 5, (4, 3, 2)
START, END = np.random.default_rng(1).standard_normal((2, *SHAPE))
KEYS = {"start": torch.tensor(START), "end": torch.tensor(END)}
SAMPLERS: dict[str, Callable[..., torch.Tensor]] = {
    "trf": partial(trf.sample, options=trf.OPTIONS),
    "gi": partial(gi.sample, options=gi.OPTIONS),
    "gi weighted": partial(gi.sample, options=gi.SampleOptions(weighted=True)),
    "vibid": partial(vibid.sample, options=vibid.OPTIONS, **KEYS),
    "vibid guided": partial(vibid.sample, options=vibid.SampleOptions(guidance_min=0.8, guidance_max=1.6), **KEYS),
}
STEPS = {"trf": 50, "gi": 50, "gi weighted": 50, "vibid": 25, "vibid guided": 25}
DONE = {"trf": 55, "gi": 175, "gi weighted": 175, "vibid": 25, "vibid guided": 25}


def karras(steps: int) -> np.ndarray:
    """Stable Video Diffusion's noise levels, and 0."""
    ramp = np.linspace(700.0 ** (1 / 7), 0.002 ** (1 / 7), steps) ** 7
    return np.append(ramp, 0.0)


def toy(x: np.ndarray, sigma: float, direction: Direction, conditional: bool) -> np.ndarray:
    """A network of a sort: v [F, 4, h, w] that mixes neighbouring frames and knows frame, noise level and its key."""
    frame = np.linspace(0, 1, len(x))[:, None, None, None]
    seen = x / math.sqrt(sigma**2 + 1)
    key = (START if direction == "forward" else END) * conditional
    turn = 0.2 if direction == "forward" else -0.3
    mixed = np.tanh(0.7 * seen + 0.2 * np.roll(seen, 1, 0) - (1 - frame) * key)
    return mixed + turn * frame**2 + 0.05 * math.log(sigma) * np.sin(3 * frame + turn)


class Toy:
    """The denoiser made of `network`; counts evaluations."""

    def __init__(self, steps: int, dtype: torch.dtype, network: Callable[..., np.ndarray] = toy) -> None:
        self.sigmas = torch.tensor(karras(steps), dtype=dtype)
        self.asked: list[tuple[Direction, int]] = []
        self._network = network

    def one(self, latents: torch.Tensor, step: int, direction: Direction) -> Prediction:
        self.asked.append((direction, step))
        x, sigma = latents[0].double().numpy(), float(self.sigmas[step])
        halves = (self._network(x, sigma, direction, conditional) for conditional in (True, False))
        return Prediction(*(torch.from_numpy(v)[None].to(latents) for v in halves))

    def both(self, latents: torch.Tensor, step: int) -> tuple[Prediction, Prediction]:
        return self.one(latents, step, "forward"), self.one(latents.flip(1), step, "backward")


class Noise:
    """The same float32 noise each time it is made anew with the same seed; counts draws."""

    def __init__(self, seed: int = 0, shape: tuple[int, ...] = (FRAMES, *SHAPE)) -> None:
        self._generator, self._shape, self.drawn = torch.Generator().manual_seed(seed), shape, 0

    def __call__(self) -> torch.Tensor:
        self.drawn += 1
        return torch.randn((1, *self._shape), generator=self._generator)

    def array(self) -> np.ndarray:
        return self()[0].double().numpy()


def ignore(done: int, steps: int, latents: torch.Tensor) -> None:
    """Progress that nobody watches."""


def run(
    name: str, denoiser: Toy, noise: Noise | None = None, on_step: OnStep = ignore, **changed: torch.Tensor
) -> torch.Tensor:
    return SAMPLERS[name](denoiser, noise or Noise(), on_step=on_step, **changed)


# Transcriptions, frame by frame. D(x, σ) of a v network: x/(σ²+1) − σ/√(σ²+1)·v.


def guided_clean(x: np.ndarray, sigma: float, direction: Direction, scales: list[float]) -> np.ndarray:
    with_key, without = toy(x, sigma, direction, True), toy(x, sigma, direction, False)
    clean = np.empty_like(x)
    for f in range(FRAMES):
        v = without[f] + scales[f] * (with_key[f] - without[f])
        clean[f] = x[f] / (sigma**2 + 1) - sigma / math.sqrt(sigma**2 + 1) * v
    return clean


def trf_by_hand(noise: Noise) -> np.ndarray:
    sigmas = karras(50)
    scales = [1 + 2 * f / (FRAMES - 1) for f in range(FRAMES)]
    x = noise.array() * math.sqrt(sigmas[0] ** 2 + 1)
    i, went_back = 0, False
    while i < 50:
        ahead = guided_clean(x, sigmas[i], "forward", scales)
        reverse = x[::-1]
        behind = guided_clean(reverse, sigmas[i], "backward", scales)
        fused = np.empty_like(x)
        for f in range(FRAMES):
            own, other = f, FRAMES - 1 - f
            one = x[own] + (sigmas[i + 1] - sigmas[i]) * (x[own] - ahead[own]) / sigmas[i]
            two = reverse[other] + (sigmas[i + 1] - sigmas[i]) * (reverse[other] - behind[other]) / sigmas[i]
            weight = 1 - f / (FRAMES - 1)
            fused[f] = weight * one + (1 - weight) * two
        x = fused
        i += 1
        if i == 10 and not went_back:
            for k in (9, 8, 7, 6, 5):
                x = x + noise.array() * math.sqrt(sigmas[k] ** 2 - sigmas[k + 1] ** 2)
            i, went_back = 5, True
    return x


def gi_by_hand(noise: Noise, weighted: bool) -> np.ndarray:
    sigmas = karras(50)
    x = noise.array() * math.sqrt(sigmas[0] ** 2 + 1)

    def fused_step(x: np.ndarray, i: int) -> np.ndarray:
        scales = [1 + 2 * f / (FRAMES - 1) if weighted else 2.0 for f in range(FRAMES)]
        ahead = guided_clean(x, sigmas[i], "forward", scales)
        behind = guided_clean(x[::-1], sigmas[i], "backward", scales)
        new = np.empty_like(x)
        for f in range(FRAMES):
            weight = 1 - f / (FRAMES - 1) if weighted else 0.5
            clean = weight * ahead[f] + (1 - weight) * behind[FRAMES - 1 - f]
            new[f] = x[f] + (sigmas[i + 1] - sigmas[i]) * (x[f] - clean) / sigmas[i]
        return new

    for i in range(50):
        x = fused_step(x, i)
        if i < 25:
            for _ in range(5):
                x = x + noise.array() * math.sqrt(sigmas[i] ** 2 - sigmas[i + 1] ** 2)
                x = fused_step(x, i)
    return x


def vibid_by_hand(noise: Noise, scales: list[float]) -> np.ndarray:
    sigmas = karras(25)
    x = noise.array() * math.sqrt(sigmas[0] ** 2 + 1)
    for i in range(25):
        for direction, far_key in (("forward", END), ("backward", START)):
            if direction == "backward":
                x = x + noise.array() * math.sqrt(sigmas[i] ** 2 - sigmas[i + 1] ** 2)
                x = x[::-1]
            clean = guided_clean(x, sigmas[i], direction, scales)
            without_key = guided_clean(x, sigmas[i], direction, [0.0] * FRAMES)
            clean[FRAMES - 1] = far_key
            x = clean + sigmas[i + 1] * (x - without_key) / sigmas[i]
        x = x[::-1]
    return x


BY_HAND: dict[str, Callable[[Noise], np.ndarray]] = {
    "trf": trf_by_hand,
    "gi": partial(gi_by_hand, weighted=False),
    "gi weighted": partial(gi_by_hand, weighted=True),
    "vibid": partial(vibid_by_hand, scales=[1.0] * FRAMES),
    "vibid guided": partial(vibid_by_hand, scales=[0.8 + 0.8 * f / (FRAMES - 1) for f in range(FRAMES)]),
}


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_equals_its_formulas(name: str, dtype: torch.dtype, tolerance: float) -> None:
    ours, theirs = Noise(), Noise()
    result = run(name, Toy(STEPS[name], dtype), ours)
    expected = BY_HAND[name](theirs)
    assert result.dtype == dtype
    assert np.linalg.norm(result[0].double().numpy() - expected) < tolerance * np.linalg.norm(expected)
    assert ours.drawn == theirs.drawn


@pytest.mark.parametrize("name", SAMPLERS)
def test_seed_decides(name: str) -> None:
    first, again, other = (run(name, Toy(12, torch.float32), Noise(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=0.01)


@pytest.mark.parametrize("name", SAMPLERS)
def test_progress_counts_every_step_once(name: str) -> None:
    told: list[tuple[int, int]] = []
    shown: list[torch.Tensor] = []

    def on_step(done: int, steps: int, latents: torch.Tensor) -> None:
        told.append((done, steps))
        shown.append(latents)

    result = run(name, Toy(STEPS[name], torch.float32), on_step=on_step)
    assert told == [(done, DONE[name]) for done in range(1, DONE[name] + 1)]
    assert torch.equal(shown[-1], result)


@pytest.mark.parametrize("name", SAMPLERS)
def test_cancelling_stops_at_once(name: str) -> None:
    def on_step(done: int, steps: int, latents: torch.Tensor) -> None:
        if done == 3:
            raise Cancelled

    denoiser = Toy(STEPS[name], torch.float32)
    with pytest.raises(Cancelled):
        run(name, denoiser, on_step=on_step)
    assert len(denoiser.asked) == 3 * 2, "both directions, three times"


@pytest.mark.parametrize("steps", [1, 4, 10, 11])
@pytest.mark.parametrize("name", SAMPLERS)
def test_any_number_of_steps_walks_each_to_the_end(name: str, steps: int) -> None:
    denoiser = Toy(steps, torch.float64)
    result = run(name, denoiser)
    assert {step for _, step in denoiser.asked} == set(range(steps))
    assert denoiser.asked[-1] == ("backward", steps - 1)
    assert result.isfinite().all()


def knowing(truth: np.ndarray) -> Callable[..., np.ndarray]:
    """A network that knows the clean frames, [F, 4, h, w], from both ends."""

    def network(x: np.ndarray, sigma: float, direction: Direction, conditional: bool) -> np.ndarray:
        clean = truth if direction == "forward" else truth[::-1]
        return (x / (sigma**2 + 1) - clean) * math.sqrt(sigma**2 + 1) / sigma

    return network


@pytest.mark.parametrize("name", SAMPLERS)
def test_noise_is_always_as_strong_as_the_network_is_told(name: str) -> None:
    shape = (FRAMES, 4, 40, 40)
    truth = np.random.default_rng(2).standard_normal(shape)
    clean = torch.from_numpy(truth)[None]
    strengths: list[float] = []

    class Watched(Toy):
        def one(self, latents: torch.Tensor, step: int, direction: Direction) -> Prediction:
            there = clean if direction == "forward" else clean.flip(1)
            strengths.append(float((latents - there).std() / self.sigmas[step]))
            return super().one(latents, step, direction)

    keys = {"start": clean[0, 0], "end": clean[0, -1]} if name.startswith("vibid") else {}
    result = run(name, Watched(25, torch.float64, knowing(truth)), Noise(shape=shape), **keys)
    assert strengths == pytest.approx([1.0] * len(strengths), abs=0.03)
    assert torch.allclose(result, clean), "both directions agree, so this is what comes out"


@pytest.mark.parametrize("name", ["trf", "gi weighted"])
def test_each_end_belongs_to_its_key(name: str) -> None:
    """Where frames do not see each other, the first frame comes from the start alone and the last from the end."""

    def network(x: np.ndarray, sigma: float, direction: Direction, conditional: bool, moved: str = "") -> np.ndarray:
        key = (START if direction == "forward" else END) * conditional + (direction == moved)
        return np.tanh(x / math.sqrt(sigma**2 + 1) - key)

    plain, moved_start, moved_end = (
        run(name, Toy(12, torch.float64, partial(network, moved=moved)))[0] for moved in ("", "forward", "backward")
    )
    assert torch.equal(moved_end[0], plain[0])
    assert torch.equal(moved_start[-1], plain[-1])
    for frame in range(1, FRAMES - 1):
        assert not torch.allclose(moved_start[frame], plain[frame], atol=0.01)
        assert not torch.allclose(moved_end[frame], plain[frame], atol=0.01)


def test_vibid_begins_with_the_start_key() -> None:
    assert torch.equal(run("vibid", Toy(25, torch.float64))[0, 0], KEYS["start"])
