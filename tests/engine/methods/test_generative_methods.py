# SPDX-License-Identifier: GPL-3.0-or-later
"""FCVG, TRF, ViBiDSampler and GI from keys to frames, with small networks in the files' official layout."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import checkpoints
import pytest
import torch

from fcvg_engine import methods
from fcvg_engine.core.method_contract import Options
from fcvg_engine.diffusion import decode, encode, memory
from fcvg_engine.diffusion import networks as models
from fcvg_engine.diffusion.memory import MemoryPlan
from fcvg_engine.diffusion.memory_fallback import Ladder
from fcvg_engine.models import discovery
from fcvg_engine.shared.errors import Cancelled, MissingModel, NumericError, OutOfMemory
from fcvg_engine.shared.methods import GENERATIVE
from fcvg_engine.shared.protocol import ConditionSettings, SamplingSettings

SETTINGS = SamplingSettings(steps=1, work_size="64x64")
TWO_STEPS = replace(SETTINGS, steps=2)
CPU = Options(torch.device("cpu"), seed=5, sampling=SETTINGS)
THREE = (0.25, 0.5, 0.9)  # two native frames and one between two

Report = Callable[[str, float], None]


def picture(seed: int, height: int = 50, width: int = 90) -> torch.Tensor:
    """Soft blobs of colour, [3, height, width] in [0, 1]."""
    coarse = torch.rand(1, 3, 5, 8, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")[0]


START, END = picture(1), picture(2)


def ignore(stage: str, fraction: float) -> None:
    """Progress that nobody reads."""


def generate(
    method: str, options: Options = CPU, times: Sequence[float] = THREE, report: Report = ignore
) -> list[torch.Tensor]:
    return list(methods.load(method)(START, END, times, options, report))


def loaded(method: str = "trf") -> models.Models:
    """The very networks that the method will use."""
    return models.load(discovery.find(), method, torch.device("cpu"), torch.float32, ignore)


@pytest.fixture
def evaluations() -> Iterator[list[int]]:
    """Batch size of each evaluation of TRF's UNet."""
    sizes: list[int] = []
    hook = loaded().unet.register_forward_pre_hook(lambda unet, inputs: sizes.append(len(inputs[0])))
    yield sizes
    hook.remove()


@pytest.fixture(scope="module")
def undisturbed(networks: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[torch.Tensor], Path]:
    """TRF's frames at `THREE`, and the folder with all that was kept of the run."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCVG_CHECKPOINTS", str(networks))
        return generate("trf", replace(CPU, folder=folder)), folder


def stop_at_denoising(stage: str, fraction: float) -> None:
    """Whatever comes to this has a generation before it."""
    if stage.startswith("Denoising"):
        raise Cancelled(stage)


@pytest.mark.parametrize("method", GENERATIVE[1:])
def test_frames_have_the_keys_size_and_range_and_are_the_same_again(method: str) -> None:
    said: list[tuple[str, float]] = []
    frames = generate(method, report=lambda stage, fraction: said.append((stage, fraction)))
    assert [frame.shape for frame in frames] == [START.shape] * 3
    for frame in frames:
        assert frame.dtype == torch.float32
        assert frame.min() >= 0 and frame.max() <= 1
        assert frame.std() > 0.01
    for frame, again in zip(frames, generate(method), strict=True):
        assert torch.equal(frame, again)
    other = generate(method, replace(CPU, seed=6))
    assert (frames[1] - other[1]).abs().mean() > 1e-3
    fractions = [fraction for _, fraction in said]
    assert fractions == sorted(fractions) and fractions[-1] <= 1
    assert any("step 1 of 1" in stage for stage, _ in said)


@pytest.mark.parametrize(("method", "steps"), [("trf", 55), ("vibid", 25), ("gi", 175)])
def test_without_wishes_steps_are_the_published_ones(method: str, steps: int) -> None:
    def report(stage: str, fraction: float) -> None:
        if "step 1" in stage:
            raise Cancelled(stage)

    with pytest.raises(Cancelled, match=f"step 1 of {steps},"):
        generate(method, replace(CPU, sampling=replace(SETTINGS, steps=0)), report=report)


def test_cancelled_mid_step_nothing_is_kept(tmp_path: Path, evaluations: list[int]) -> None:
    said: list[str] = []

    def report(stage: str, fraction: float) -> None:
        said.append(stage)
        if sum("step 1 of 2" in each for each in said) == 3:
            raise Cancelled()

    options = replace(CPU, folder=tmp_path, sampling=TWO_STEPS)
    with pytest.raises(Cancelled):
        generate("trf", options, report=report)
    assert sum(evaluations) == 5, "the second step's first evaluation of four was broken off"
    assert not (tmp_path / "native").exists()
    assert len(generate("trf", options)) == 3


def test_another_timing_needs_no_generation(
    undisturbed: tuple[list[torch.Tensor], Path], evaluations: list[int]
) -> None:
    frames, folder = undisturbed
    notes: list[str] = []
    options = replace(CPU, folder=folder, note=notes.append)
    assert len(generate("trf", options, times=[index / 8 for index in range(1, 8)])) == 7
    assert all(torch.equal(*pair) for pair in zip(frames, generate("trf", options), strict=True))
    assert evaluations == []
    assert any("earlier" in note for note in notes)
    assert len(list((folder / "native").glob("native_*.png"))) == 25


@pytest.mark.parametrize("change", ["seed", "settings", "key", "method", "turbo", "preset"])
def test_anything_else_but_the_preset_generates_anew(change: str, undisturbed: tuple[list[torch.Tensor], Path]) -> None:
    start, method, options = START, "trf", replace(CPU, folder=undisturbed[1])
    if change == "seed":
        options = replace(options, seed=6)
    elif change == "settings":
        options = replace(options, sampling=replace(SETTINGS, motion_bucket=90))
    elif change == "key":
        start = picture(3)
    elif change == "method":
        method = "vibid"
    else:
        options = replace(options, sampling=replace(SETTINGS, preset="turbo" if change == "turbo" else "fast"))
    frames = methods.load(method)(start, END, THREE, options, stop_at_denoising)
    if change == "preset":
        assert torch.equal(next(frames), undisturbed[0][0])
    else:
        with pytest.raises(Cancelled):
            next(frames)


def test_previews_show_the_frames_while_they_are_made() -> None:
    shown: list[tuple[torch.Tensor, int, int]] = []
    generate("trf", replace(CPU, sampling=TWO_STEPS, preview=lambda *preview: shown.append(preview)))
    assert [preview[1:] for preview in shown] == [(1, 2), (2, 2)]
    for sheet, _, _ in shown:
        assert sheet.shape == (3, 40, 40), "25 frames of 8×8 latents in rows of five"
        assert sheet.min() >= 0 and sheet.max() <= 1 and sheet.std() > 0.01


def test_presets_give_the_same_frames(undisturbed: tuple[list[torch.Tensor], Path], evaluations: list[int]) -> None:
    for preset, batches in (("low", [1, 1, 1, 1]), ("balanced", [2, 2]), ("fast", [4])):
        evaluations.clear()
        frames = generate("trf", replace(CPU, sampling=replace(SETTINGS, preset=preset)))
        assert evaluations[: len(batches)] == batches
        assert max(float((a - b).abs().max()) for a, b in zip(undisturbed[0], frames, strict=True)) < 1 / 255


def test_turbo_leaves_out_late_guidance(evaluations: list[int]) -> None:
    generate("trf", replace(CPU, sampling=replace(SETTINGS, steps=4, preset="turbo")))
    assert evaluations == [4, 4, 4, 2]


def test_transparent_keys() -> None:
    x, y = torch.arange(90), torch.arange(50)[:, None]
    alphas = [((18 - ((x - at) ** 2 + (y - 25) ** 2) ** 0.5) / 4 + 0.5).clamp(0, 1) for at in (30, 42)]
    keys = [torch.cat((key * alpha, alpha[None])) for key, alpha in zip((START, END), alphas, strict=True)]
    (frame,) = methods.load("trf")(*keys, (0.5,), CPU, ignore)
    assert frame.shape == (4, 50, 90)
    middle = float((frame[3] * x).sum() / frame[3].sum())
    assert middle == pytest.approx(36, abs=1), "the shape moves"
    assert (frame[:3] <= frame[3] + 1e-6).all() and frame.min() >= 0, "premultiplied"


def test_opaque_keys_with_alpha_stay_opaque(undisturbed: tuple[list[torch.Tensor], Path]) -> None:
    keys = [torch.cat((key, torch.ones_like(key[:1]))) for key in (START, END)]
    frames = list(methods.load("trf")(*keys, THREE, CPU, ignore))
    for frame, plain in zip(frames, undisturbed[0], strict=True):
        assert (frame[3] > 1 - 1e-5).all()
        assert (frame[:3] - plain).abs().max() < 1e-4


def test_bright_keys_are_clipped_and_it_is_said() -> None:
    notes: list[str] = []
    (frame,) = methods.load("trf")(START * 4, END, (0.5,), replace(CPU, note=notes.append), ignore)
    assert frame.max() <= 1
    assert any("brighter than white" in note for note in notes)


def test_the_processor_is_slow_and_says_how_slow() -> None:
    notes: list[str] = []
    generate("trf", replace(CPU, note=notes.append))
    assert any("processor takes about" in note for note in notes)


def test_invalid_numbers_name_the_step() -> None:
    calls: list[int] = []

    def spoil(unet: object, inputs: object, output: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        calls.append(1)
        return (output[0] * float("nan"),) if len(calls) > 4 else output

    hook = loaded().unet.register_forward_hook(spoil)
    try:
        with pytest.raises(NumericError, match="step 2"):
            generate("trf", replace(CPU, sampling=TWO_STEPS))
    finally:
        hook.remove()


def test_missing_models_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(tmp_path))
    for method in GENERATIVE:
        with pytest.raises(MissingModel) as caught:
            generate(method)
        assert "Stable Video Diffusion" in caught.value.hint


# Out of memory: networks refuse what is too large for them, as a small GPU would.


class Refusal:
    """While in use, `network` runs out of memory for inputs that `is_too_large` says so of."""

    def __init__(self, network: torch.nn.Module, is_too_large: Callable[[torch.Tensor], bool]) -> None:
        self._network, self._is_too_large = network, is_too_large
        self.refused = 0

    def __enter__(self) -> Refusal:
        self._hook = self._network.register_forward_pre_hook(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.remove()

    def _look(self, network: object, inputs: tuple[Any, ...]) -> None:
        if self._is_too_large(inputs[0]):
            self.refused += 1
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def recovered(refusal: Refusal, wanted: list[torch.Tensor]) -> list[str]:
    """The notes of a run under `refusal`, which gives the frames `wanted` all the same."""
    notes: list[str] = []
    with refusal:
        frames = generate("trf", replace(CPU, sampling=replace(SETTINGS, preset="fast"), note=notes.append))
    assert refusal.refused
    for frame, exact in zip(frames, wanted, strict=True):
        assert (frame - exact).abs().max() < 1 / 255
    return [note for note in notes if "Memory ran out" in note]


def test_out_of_memory_while_encoding() -> None:
    networks, notes, tries = loaded(), list[str](), list[int]()
    keys, noise = (torch.rand(3, 64, 64), torch.rand(3, 64, 64)), torch.randn(1, 3, 64, 64)

    def encoding(plan: MemoryPlan) -> encode.Encoded:
        return encode.encode(networks, *keys, SETTINGS, noise, plan)

    def first_time(pictures: torch.Tensor) -> bool:
        tries.append(1)
        return len(tries) == 1

    with Refusal(networks.image_encoder.vision_model.embeddings, first_time) as refusal:
        encoded = Ladder(memory.PLANS["fast"], torch.device("cuda"), notes.append).run("encoding", encoding)
    assert refusal.refused == 1 and len(notes) == 1
    assert "encoding" in notes[0] and "main memory" in notes[0]
    assert torch.equal(encoded.latents_end, encoding(memory.PLANS["fast"]).latents_end)


def test_out_of_memory_while_denoising(undisturbed: tuple[list[torch.Tensor], Path]) -> None:
    refusal = Refusal(loaded().unet, lambda sample: len(sample) > 1)
    notes = recovered(refusal, undisturbed[0])
    assert len(notes) == 2 and "2 of 4" in notes[0] and "1 of 4" in notes[1]
    assert refusal.refused == 2, "once it is known what fits, nothing else is tried"


def test_out_of_memory_in_a_late_step_loses_no_step(evaluations: list[int]) -> None:
    calls: list[int] = []

    def second_step(sample: torch.Tensor) -> bool:
        calls.append(1)
        return len(calls) > 1 and len(sample) > 2

    said: list[str] = []
    with Refusal(loaded().unet, second_step):
        options = replace(CPU, sampling=replace(SETTINGS, steps=3, preset="fast"))
        generate("trf", options, report=lambda stage, fraction: said.append(stage))
    told = [stage for stage in dict.fromkeys(said) if "of 3" in stage]
    assert len(told) == 3, "each step was done once"
    assert evaluations == [4, 4, 2, 2, 2, 2], "the refused evaluation alone is repeated"


def test_out_of_memory_while_decoding_takes_fewer_frames_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    options = replace(CPU, sampling=replace(SETTINGS, preset="fast"))
    with Refusal(loaded().vae.decoder, lambda latents: len(latents) > 1):
        frames = generate("trf", replace(options, note=notes.append))
    assert any("decoding" in note and "1 frame at a time" in note for note in notes)
    # The decoder also looks at frames beside, so that what it gives depends on how many it sees.
    monkeypatch.setitem(memory.PLANS, "fast", replace(memory.PLANS["fast"], decode_chunk=1))
    for frame, planned in zip(frames, generate("trf", options), strict=True):
        assert (frame - planned).abs().max() < 1e-5


def test_out_of_memory_while_decoding_takes_tiles() -> None:
    networks, notes = loaded(), list[str]()
    latents = 0.2 * torch.randn(1, 2, 4, 8, 56, generator=torch.Generator().manual_seed(0))
    ladder = Ladder(MemoryPlan("", decode_chunk=1), torch.device("cpu"), notes.append)
    whole = decode.decode(networks, latents, ladder.plan)
    with Refusal(networks.vae.decoder, lambda part: part.shape[3] > 48) as refusal:
        frames = ladder.run("decoding", lambda plan: decode.decode(networks, latents, plan))
    assert refusal.refused == 1 and len(notes) == 1 and "tiles" in notes[0]
    assert frames.shape == whole.shape
    assert (frames - whole).abs().mean() < 0.5 * whole.std()


@pytest.mark.parametrize("stage", memory.STAGES)
def test_too_little_memory_for_anything_ends_in_words(stage: str) -> None:
    networks = loaded()
    at_work = {
        "encoding": networks.image_encoder.vision_model.embeddings,
        "denoising": networks.unet,
        "decoding": networks.vae.decoder,
    }
    with Refusal(at_work[stage], lambda inputs: True), pytest.raises(OutOfMemory) as caught:
        generate("trf")
    assert stage in caught.value.message
    assert "smaller working size" in caught.value.hint, "proposed, and never taken unasked"


# FCVG: its conditions are made, kept and given back.


@pytest.fixture(scope="module")
def fcvg_networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield checkpoints.write(tmp_path_factory.mktemp("fcvg"))
    models.release()


def test_fcvg_from_keys_to_frames(fcvg_networks: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(fcvg_networks))
    shown: list[int] = []
    options = replace(
        CPU,
        folder=tmp_path,
        sampling=replace(SETTINGS, steps=1),
        preview=lambda sheet, step, steps: shown.append(step),
    )
    frames = generate("fcvg", options)
    assert [frame.shape for frame in frames] == [START.shape] * 3
    assert shown == [1]
    native = tmp_path / "native"
    assert len(list(native.glob("condition_*.png"))) == 25
    assert (native / "overview.png").is_file()

    again = methods.load("fcvg")(START, END, THREE, options, stop_at_denoising)
    assert torch.equal(next(again), frames[0]), "kept"
    before = (native / "condition_0012.png").read_bytes()
    edited = json.loads((native / "matches.json").read_text())
    edited["lines"] = [{"start": [[5, 5], [50, 9]], "end": [[9, 20], [60, 30]]}]
    (tmp_path / "edited.json").write_text(json.dumps(edited))
    options = replace(options, conditions=ConditionSettings(matches=str(tmp_path / "edited.json")))
    with pytest.raises(Cancelled):
        generate("fcvg", options, report=stop_at_denoising)
    assert (native / "condition_0012.png").read_bytes() != before, "other lines are other conditions"
