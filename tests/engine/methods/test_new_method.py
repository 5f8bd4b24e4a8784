# SPDX-License-Identifier: GPL-3.0-or-later
"""A new method needs its entry in the table, its file and its sampler: nothing else in the engine is told of it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from fcvg_engine.core.method_contract import Options, ReportProgress
from fcvg_engine.diffusion import generate
from fcvg_engine.diffusion.samplers import base
from fcvg_engine.examine import estimates
from fcvg_engine.files import images
from fcvg_engine.jobs import inbetween
from fcvg_engine.shared.methods import METHODS, Cost, MethodTraits
from fcvg_engine.shared.protocol import Done, Message, Request, SamplingSettings

SETTINGS = SamplingSettings(steps=2, work_size="64x64")


@dataclass(frozen=True)
class SampleOptions:
    steps: int = 3
    guidance_min: float = 1.0
    guidance_max: float = 1.0


def sampler(with_keys: bool) -> ModuleType:
    """A sampler that walks forward only, and begins with the start key where it is given the keys."""

    def sample(
        denoiser: base.Denoiser,
        draw_noise: base.DrawNoise,
        options: SampleOptions,
        on_step: base.OnStep,
        **keys: torch.Tensor,
    ) -> torch.Tensor:
        assert set(keys) == ({"start", "end"} if with_keys else set())
        sigmas = denoiser.sigmas
        latents = base.first_latents(sigmas, draw_noise)
        for step in range(options.steps):
            clean = base.original(latents, denoiser.one(latents, step, "forward").conditional, sigmas[step])
            latents = base.euler(latents, clean, sigmas[step], sigmas[step + 1])
            on_step(step + 1, options.steps, latents)
        if with_keys:
            latents[:, 0] = keys["start"]
        return latents

    module = ModuleType("toy")
    vars(module).update(OPTIONS=SampleOptions(), sample=sample)
    return module


def fade(
    start: torch.Tensor, end: torch.Tensor, times: Sequence[float], options: Options, report: ReportProgress
) -> Iterator[torch.Tensor]:
    """A draft method."""
    for time in times:
        report("Fading", time)
        yield torch.lerp(start, end, time)


def add(monkeypatch: pytest.MonkeyPatch, traits: MethodTraits, function: Any) -> None:
    """The two things that a new method brings."""
    module = ModuleType(traits.module)
    vars(module).update(inbetween=function)
    monkeypatch.setitem(METHODS, traits.name, traits)
    monkeypatch.setitem(sys.modules, f"fcvg_engine.{traits.module}", module)


def made(keys: tuple[Path, Path], out: Path, heard: list[Message]) -> Done:
    request = Request(str(keys[0]), str(keys[1]), str(out), 2, "toy", device="cpu", sampling=SETTINGS)
    return inbetween.run(request, "job", heard.append, lambda: False)


def estimate() -> float:
    """Seconds that are expected of it for two small drawings."""
    task = estimates.Task(2, (32, 24), "png", "cpu", 2**40, (64, 64), SETTINGS)
    return {each.method: each.seconds for each in estimates.estimates(task, {})}["toy"]


def test_a_draft_method(monkeypatch: pytest.MonkeyPatch, keys: tuple[Path, Path], tmp_path: Path) -> None:
    costs = (Cost(0.25e6, 0.5, 0.1, 1e8), Cost(1e6, 1.0, 0.2, 2e8))
    add(monkeypatch, MethodTraits("toy", "tests", "draft.toy", costs=costs), fade)
    done = made(keys, tmp_path / "out", [])
    assert (done.method, done.frames) == ("toy", 2)
    start, first = (images.read(path).pixels for path in (keys[0], tmp_path / "out" / "0001.png"))
    assert first.shape == start.shape and (first != start).any()
    assert estimate() > 0


@pytest.mark.parametrize("with_keys", [False, True])
def test_a_generative_method(
    with_keys: bool, monkeypatch: pytest.MonkeyPatch, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    traits = MethodTraits(
        "toy", "tests", "methods.toy", generative=True, key_latents=with_keys, steps=3, card_s=60.0, rank=9
    )
    add(monkeypatch, traits, functools.partial(generate.inbetween, "toy", sampler(with_keys)))
    heard: list[Message] = []
    done = made(keys, tmp_path / "out", heard)
    assert (done.method, done.frames) == ("toy", 2)
    assert any("step 2 of 2" in getattr(message, "stage", "") for message in heard), "the artist's steps count"
    assert len(list((tmp_path / "out" / "native").glob("native_*.png"))) == 25
    again = made(keys, tmp_path / "out", [])
    assert again.reused == 2, "its identity is kept"
    assert estimate() > 0
