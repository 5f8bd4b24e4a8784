# SPDX-License-Identifier: GPL-3.0-or-later
"""FCVG against the published program: the same key-seeded networks, read from files in the official layout.

Relative error is the largest absolute difference over the largest absolute value expected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import checkpoints
import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fcvg_engine.diffusion.decode import decode
from fcvg_engine.diffusion.denoiser import SvdDenoiser
from fcvg_engine.diffusion.encode import Encoded, encode
from fcvg_engine.diffusion.memory import MemoryPlan
from fcvg_engine.diffusion.networks import Models, load, release
from fcvg_engine.diffusion.samplers import fcvg
from fcvg_engine.diffusion.samplers.base import Prediction
from fcvg_engine.models import discovery
from fcvg_engine.shared.protocol import SamplingSettings

MOST_WRONG = 1e-4
MOST_DIFFERENT = 0.5 / 255


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every case folder under the goldens becomes a test; a folder without cases is an error, never a pass."""
    if "fcvg_case" in metafunc.fixturenames:
        root: Path = metafunc.config.getoption("--goldens")
        cases = sorted(found.parent for found in (root / "fcvg").glob("*/expected.safetensors"))
        if not cases:
            raise pytest.UsageError(f"No case folder (NAME/expected.safetensors) in {root / 'fcvg'}.")
        metafunc.parametrize("fcvg_case", cases, ids=lambda case: case.name, indirect=True)


@dataclass(frozen=True)
class Case:
    """What was given to the published program, what it gave, and the same job begun with ours."""

    folder: Path
    expected: dict[str, torch.Tensor]
    models: Models
    encoded: Encoded
    conditions: torch.Tensor
    settings: SamplingSettings
    options: fcvg.SampleOptions
    plan: MemoryPlan

    def denoiser(self) -> SvdDenoiser:
        frames = len(self.conditions)
        return SvdDenoiser(
            self.models, self.encoded, self.conditions, self.settings, self.options.steps, self.plan, frames
        )

    def agrees(self, name: str, found: torch.Tensor) -> None:
        wanted = self.expected[name]
        assert found.shape == wanted.shape, name
        error = (found - wanted).abs().max() / wanted.abs().max()
        assert error <= MOST_WRONG, f"{name}: relative error {error:.2g}"


@pytest.fixture(scope="module")
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    sizes: Path = request.config.getoption("--goldens") / "fcvg" / "models.json"
    folder = checkpoints.write(tmp_path_factory.mktemp("models"), *[sizes] if sizes.exists() else [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCVG_CHECKPOINTS", str(folder))
        found = discovery.find()
    yield load(found, "fcvg", torch.device("cpu"), torch.float32, lambda stage, fraction: None)
    release()


@pytest.fixture(scope="module")
def fcvg_case(request: pytest.FixtureRequest, models: Models) -> Case:
    folder: Path = request.param
    given = json.loads((folder / "settings.json").read_text("utf-8"))
    settings = SamplingSettings(
        control_weight=given["control_weight"],
        motion_bucket=given["motion_bucket_id"],
        noise_augmentation=given["noise_aug_strength"],
        fps=given["fps"],
    )
    guidance = given["guidance_scale"]
    options = fcvg.SampleOptions(given["num_inference_steps"], guidance, guidance)
    plan = MemoryPlan("parity", decode_chunk=given["decode_chunk_size"])
    expected = load_file(folder / "expected.safetensors")
    conditions = torch.stack([read(path) for path in sorted(folder.glob("condition_*.png"))])
    assert len(conditions) == given["num_frames"]
    start, end = read(folder / "start.png"), read(folder / "end.png")
    encoded = encode(models, start, end, settings, expected["augmentation_noise"], plan)
    return Case(folder, expected, models, encoded, conditions, settings, options, plan)


def read(path: Path) -> torch.Tensor:
    """float32 [3, H, W] in [0, 1]."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert pixels is not None, path
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)


def test_fcvg_keys_encoded(fcvg_case: Case) -> None:
    fcvg_case.agrees("image_embeddings_start", fcvg_case.encoded.embeddings_start)
    fcvg_case.agrees("image_embeddings_end", fcvg_case.encoded.embeddings_end)
    fcvg_case.agrees("image_latents_start", fcvg_case.encoded.latents_start)
    fcvg_case.agrees("image_latents_end", fcvg_case.encoded.latents_end)


@torch.no_grad()
def test_fcvg_condition_features(fcvg_case: Case) -> None:
    net = fcvg_case.models.controlnext
    timestep = fcvg_case.denoiser().timesteps[0]
    fcvg_case.agrees("controlnext_first_step", net(net.embed(fcvg_case.conditions), timestep))


def test_fcvg_schedule(fcvg_case: Case) -> None:
    fcvg_case.agrees("sigmas", fcvg_case.denoiser().sigmas)
    fcvg_case.agrees("timesteps", fcvg_case.denoiser().timesteps)


class Remembering:
    """A denoiser that is asked once for each step, so that what it said can be looked at again."""

    def __init__(self, denoiser: SvdDenoiser) -> None:
        self.sigmas, self._denoiser = denoiser.sigmas, denoiser
        self._said: dict[int, tuple[Prediction, Prediction]] = {}

    def both(self, latents: torch.Tensor, step: int) -> tuple[Prediction, Prediction]:
        if step not in self._said:
            self._said[step] = self._denoiser.both(latents, step)
        return self._said[step]


def test_fcvg_every_step_and_frame(fcvg_case: Case) -> None:
    case, denoiser, steps = fcvg_case, Remembering(fcvg_case.denoiser()), []

    def on_step(done: int, of: int, latents: torch.Tensor) -> None:
        case.agrees(f"fused_prediction.{done - 1}", fcvg.fused(denoiser, latents, done - 1, case.options))
        case.agrees(f"latents.{done - 1}", latents)
        steps.append((done, of))

    latents = fcvg.sample(denoiser, lambda: case.expected["initial_noise"], case.options, on_step)
    assert steps == [(done, case.options.steps) for done in range(1, case.options.steps + 1)]
    case.agrees("final_latents", latents)
    frames = decode(case.models, latents, case.plan)
    case.agrees("decoded", frames.permute(1, 0, 2, 3)[None])
    for frame, path in zip(frames, sorted(case.folder.glob("frame_*.png")), strict=True):
        shown = ((frame / 2 + 0.5).clamp(0, 1) * 255).round() / 255
        assert (shown - read(path)).abs().mean() <= MOST_DIFFERENT, path.name
