# SPDX-License-Identifier: GPL-3.0-or-later
"""Around the networks: working sizes, colour, timing, memory, previews and what is kept, without any checkpoint."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import fcvg_engine
from fcvg_engine.core.method_contract import Options
from fcvg_engine.diffusion import colour, memory, native_frames, preview, retime, sizes
from fcvg_engine.diffusion.memory import MemoryPlan
from fcvg_engine.diffusion.memory_fallback import Ladder
from fcvg_engine.draft import rife
from fcvg_engine.shared.errors import BadRequest, OutOfMemory
from fcvg_engine.shared.methods import GENERATIVE

CPU = Options(torch.device("cpu"))
FULL = (1024, 576)


def waves(count: int, height: int = 64, width: int = 128) -> torch.Tensor:
    """A soft pattern that travels to the right, [count, 3, height, width] in [0.2, 0.8]."""
    x, y = torch.arange(width), torch.arange(height)[:, None]
    at = [x - 12 * index / (count - 1) for index in range(count)]
    planes = [torch.sin(each / period + y / 19) * 0.3 + 0.5 for each in at for period in (7, 11, 16)]
    return torch.stack(planes).view(count, 3, height, width)


def ignore(stage: str, fraction: float) -> None:
    """Progress that nobody reads."""


# Working sizes


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        ((1024, 576), (1024, 576)),
        ((1920, 1080), (1024, 576)),
        ((4096, 2304), (1024, 576)),
        ((1080, 1920), (576, 1024)),
        ((500, 500), (768, 768)),
        ((2048, 858), (1216, 512)),
    ],
)
def test_working_size_has_the_keys_shape(keys: tuple[int, int], size: tuple[int, int]) -> None:
    assert sizes.working(*keys) == size


@given(st.integers(1, 8192), st.integers(1, 8192))
def test_any_shape_has_a_working_size(width: int, height: int) -> None:
    w, h = sizes.working(width, height)
    assert w % 64 == 0 and h % 64 == 0
    assert w * h <= 1.06 * 1024 * 576, "what the presets' memory is reckoned for"
    if 1 / 3 < width / height < 3:
        assert w * h > 0.8 * 1024 * 576
        assert abs(math.log(w / h / (width / height))) < 0.07, "things keep their shape"


def test_wished_working_size() -> None:
    assert sizes.working(1920, 1080, "512x320") == (512, 320)
    for wish in ("512", "500x320", "0x64", "64x4096", "axb", "-64x64"):
        with pytest.raises(BadRequest):
            sizes.working(1920, 1080, wish)


def test_fitting_keeps_what_fits_and_never_leaves_the_range() -> None:
    picture = torch.rand(1, 3, 30, 50).round()
    assert sizes.fitted(picture, 50, 30) is picture
    for size in ((128, 64), (17, 9)):
        fitted = sizes.fitted(picture, *size)
        assert fitted.shape == (1, 3, size[1], size[0])
        assert fitted.min() >= 0 and fitted.max() <= 1


# Colour


def test_drift_is_taken_out() -> None:
    true = waves(25)
    time = torch.linspace(0, 1, 25).view(-1, 1, 1, 1)
    tint = torch.tensor([0.05, -0.04, 0.0]).view(1, 3, 1, 1)
    drifted = (true * (0.95 + 0.2 * time) + tint * time).clamp(0, 1)
    corrected = colour.matched(drifted, true[0], true[-1])
    assert (drifted - true).abs().mean() > 8 / 255
    assert (corrected - true).abs().mean() < 1.5 / 255


def test_frames_without_drift_stay_as_they_are() -> None:
    true = waves(25)
    assert (colour.matched(true, true[0], true[-1]) - true).abs().max() < 0.1 / 255
    softer = F.avg_pool2d(true, 3, stride=1, padding=1, count_include_pad=False)  # as a decoder draws
    assert (colour.matched(softer, true[0], true[-1]) - softer).abs().max() < 1 / 255


def test_flat_keys_and_frames_that_show_something_else_are_not_blown_up() -> None:
    flat = torch.full((5, 3, 256, 256), 0.5)
    noisy = (flat + 0.02 * torch.randn(flat.shape)).clamp(0, 1)
    assert (colour.matched(noisy, flat[0], flat[0]) - noisy).abs().mean() < 1 / 255
    black = torch.zeros(5, 3, 256, 256)
    matched = colour.matched(black, waves(2, 256, 256)[0], flat[0])
    assert torch.isfinite(matched).all() and matched[0].std() < 0.1, "no picture is made up"


# Timing


@pytest.mark.parametrize("count", [1, 5, 7, 11, 23])
def test_times_of_native_frames_give_those_untouched(count: int) -> None:
    natives = waves(25)
    times = [(index + 1) / (count + 1) for index in range(count)]
    for number, frame in enumerate(retime.frames(natives, times, CPU, ignore), 1):
        assert torch.equal(frame, natives[number * 24 // (count + 1)])
    (frame,) = retime.frames(natives, [0.5 + 9e-7], CPU, ignore)
    assert torch.equal(frame, natives[12])


def test_other_times_come_from_both_neighbours() -> None:
    natives = waves(25)
    times = [0.51, 0.52, 0.25, 0.9]
    said: list[float] = []
    frames = list(retime.frames(natives, times, CPU, lambda stage, fraction: said.append(fraction)))
    expected = [*rife.inbetween(natives[12], natives[13], (0.24, 0.48), CPU, ignore), natives[6]]
    for frame, wanted in zip(frames, expected, strict=False):
        assert (frame - wanted).abs().max() < 1e-4
    assert said == sorted(said) and said[0] >= 0 and said[-1] <= 1
    for frame, time in zip(frames, times, strict=True):
        x, y = torch.arange(128) - 12 * time, torch.arange(64)[:, None]
        assert (frame[0] - (torch.sin(x / 7 + y / 19) * 0.3 + 0.5)).abs()[8:-8, 8:-8].mean() < 2 / 255


# Previews


def test_contact_sheet_shows_all_frames_in_order_and_stays_small() -> None:
    latents = torch.zeros(1, 25, 4, 72, 128)
    latents[0, :, 3] = -torch.linspace(0, 1, 25).view(-1, 1, 1)  # the channel that darkens
    sheet = preview.contact_sheet(latents)
    assert sheet.shape == (3, 7 * 72, 4 * 128)  # 25 wide frames, and three places left over
    tiles = sheet.unfold(1, 72, 72).unfold(2, 128, 128).mean((0, 3, 4)).flatten()
    assert tiles[0] == pytest.approx(0.5)
    assert (tiles[1:25] > tiles[:24]).all()
    assert not tiles[25:].any()
    large = preview.contact_sheet(10 * torch.randn(1, 7, 4, 80, 200))
    assert large.shape[2] <= preview.WIDEST
    assert large.min() >= 0 and large.max() <= 1


def test_previews_come_now_and_then_and_at_the_end() -> None:
    for steps in (1, 4, 25, 50, 130):
        due = [step for step in range(1, steps + 1) if preview.is_due(step, steps)]
        assert due[-1] == steps
        assert min(steps, 8) <= len(due) <= 17


# What is kept


def test_kept_frames_are_the_generated_ones_to_the_bit(tmp_path: Path) -> None:
    natives = native_frames.rounded(torch.rand(3, 3, 64, 64) * 1.2 - 0.1)
    identity = {"seed": 3, "sampling": {"steps": 4}}
    native_frames.keep(tmp_path, identity, natives)
    found = native_frames.kept(tmp_path, identity)
    assert found is not None and torch.equal(found, natives)
    assert native_frames.kept(tmp_path, {**identity, "seed": 4}) is None


def test_an_update_that_draws_the_same_keeps_the_native_frames(tmp_path: Path) -> None:
    natives = native_frames.rounded(torch.rand(2, 3, 64, 64))
    native_frames.keep(tmp_path, {"engine": fcvg_engine.DRAWS_LIKE[0]}, natives)
    assert native_frames.kept(tmp_path, {"engine": fcvg_engine.__version__}) is not None
    assert native_frames.kept(tmp_path, {"engine": "0.0.1"}) is None


@pytest.mark.parametrize("damage", ["cut", "gone", "other", "table"])
def test_damaged_frames_are_not_taken(tmp_path: Path, damage: str) -> None:
    native_frames.keep(tmp_path, {}, native_frames.rounded(torch.rand(2, 3, 64, 64)))
    file = tmp_path / "native" / ("native.json" if damage == "table" else "native_01.png")
    if damage == "gone":
        file.unlink()
    elif damage == "other":
        file.write_bytes((tmp_path / "native" / "native_00.png").read_bytes())
    else:
        file.write_bytes(file.read_bytes()[:-20])
    assert native_frames.kept(tmp_path, {}) is None


# Memory


@pytest.mark.parametrize("method", GENERATIVE)
def test_presets_fit_the_cards_they_promise(method: str) -> None:
    assert memory.estimate(memory.PLANS["low"], FULL, method) <= 8e9
    assert memory.estimate(memory.PLANS["balanced"], FULL, method) <= 16e9
    assert memory.estimate(memory.PLANS["fast"], FULL, method) <= 25e9


def test_automatic_preset_is_the_fastest_that_fits() -> None:
    names = [memory.plan("auto", int(free), FULL, "fcvg").name for free in (4e9, 8e9, 16e9, 40e9, 140e9)]
    assert names == ["low", "low", "balanced", "fast", "fast"]
    assert memory.plan("turbo", 0, FULL, "fcvg").late_guidance < 1
    assert memory.plan("auto", int(16e9), (512, 320), "fcvg").name == "fast", "small pictures need less"
    for preset in ("auto", "low", "fast"):
        assert not memory.plan(preset, int(64e9), FULL, "fcvg", value_bytes=4, on_gpu=False).offload


@pytest.mark.parametrize("method", GENERATIVE)
def test_more_needs_more(method: str) -> None:
    def need(size: tuple[int, int] = FULL, **plan: int) -> int:
        return sum(memory.stages(MemoryPlan("", **plan), size, method).values())  # type: ignore[arg-type]

    assert need((512, 320)) < need((1024, 576)) < need((1280, 704))
    assert need(branches=1) < need(branches=2) <= need(branches=4)
    assert need(decode_chunk=1) < need(decode_chunk=2) < need(decode_chunk=8)
    assert need(forward_chunk=1) <= need(forward_chunk=5) < need(forward_chunk=0)
    assert need(offload=True) < need(offload=False)
    assert need(tiled=True) < need(tiled=False)


@pytest.mark.parametrize("stage", memory.STAGES)
@pytest.mark.parametrize("preset", memory.PLANS)
def test_the_ladder_goes_down_and_ends(stage: str, preset: str) -> None:
    tried = [memory.PLANS[preset]]
    said = []
    while step := memory.easier(tried[-1], stage):
        tried.append(step[0])
        said.append(step[1])
    needs = [memory.stages(plan, FULL, "fcvg")[stage] for plan in tried]
    assert needs == sorted(needs, reverse=True)
    assert tried[-1].offload and len(set(said)) == len(said) <= 5
    assert {plan.late_guidance for plan in tried} == {tried[0].late_guidance}, "never another picture"


@pytest.mark.parametrize(("device", "tries"), [("cuda", 5), ("cpu", 4)])  # a processor has nothing to offload
def test_a_stage_that_never_fits_says_so(device: str, tries: int) -> None:
    notes: list[str] = []
    tried: list[MemoryPlan] = []

    def work(plan: MemoryPlan) -> None:
        tried.append(plan)
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(OutOfMemory, match="denoising"):
        Ladder(memory.PLANS["fast"], torch.device(device), notes.append).run("denoising", work)
    assert [plan.branches for plan in tried] == [4, 2, 1, 1, 1][:tries]
    assert len(notes) == tries - 1 and all("denoising" in note for note in notes)


class Alive(TorchDispatchMode):
    """Adds up the bytes of all tensors that are alive, but for those of `module`; works on the meta device."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self._ignored = {each.untyped_storage()._cdata for each in (*module.parameters(), *module.buffers())}
        self._users: dict[int, int] = {}
        self._bytes: dict[int, int] = {}
        self._now = self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor) and tensor.untyped_storage()._cdata not in self._ignored:
                self._count(tensor)
        return result

    def _count(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._users:
            self._users[storage._cdata], self._bytes[storage._cdata] = 0, storage.nbytes()
            self._now += storage.nbytes()
            self.peak = max(self.peak, self._now)
        self._users[storage._cdata] += 1
        weakref.finalize(tensor, self._forget, storage._cdata)

    def _forget(self, storage: int) -> None:
        self._users[storage] -= 1
        if not self._users[storage]:
            self._now -= self._bytes.pop(storage)
            del self._users[storage]


def peak_bytes(module: torch.nn.Module, call: Callable[[], object]) -> int:
    with torch.no_grad(), Alive(module) as alive:
        call()
    return alive.peak


@pytest.fixture
def fused_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU: the meta device would build the whole table of probabilities."""
    monkeypatch.setattr(F, "scaled_dot_product_attention", lambda query, *_, **__: torch.empty_like(query))


def activations(plan: MemoryPlan, stage: str) -> float:
    """What the estimate says of a stage, without weights and the device's own."""
    small = memory.stages(plan, (64, 64), "trf")[stage]
    full = memory.stages(plan, FULL, "trf")[stage]
    return (full - small) / (1 - 64 * 64 / (FULL[0] * FULL[1]))


@pytest.mark.parametrize("plan", [MemoryPlan("", branches=2), MemoryPlan("", branches=1, forward_chunk=5)])
def test_estimate_of_the_unet_against_its_tensors(plan: MemoryPlan, fused_attention: None) -> None:
    from diffusers import UNetSpatioTemporalConditionModel

    half = {"dtype": torch.float16, "device": "meta"}
    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(num_frames=25).to(**half)
    if plan.forward_chunk:
        unet.enable_forward_chunking(plan.forward_chunk, 0)
    sample = torch.empty(plan.branches, 25, 8, 72, 128, **half)
    embedding, ids = torch.empty(plan.branches, 1, 1024, **half), torch.empty(plan.branches, 3, **half)
    traced = peak_bytes(unet, lambda: unet(sample, torch.empty((), **half), embedding, ids))
    assert 1.0 < activations(plan, "denoising") / traced < 1.25
    weights = sum(each.numel() for each in unet.parameters()) * 2
    assert memory.stages(MemoryPlan("", offload=True), (64, 64), "trf")["denoising"] > weights


def test_estimate_of_the_decoder_against_its_tensors(fused_attention: None) -> None:
    from diffusers import AutoencoderKLTemporalDecoder

    with torch.device("meta"):
        vae = AutoencoderKLTemporalDecoder(
            down_block_types=("DownEncoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
        ).to("meta", torch.float16)
    latents = torch.empty(2, 4, 72, 128, dtype=torch.float16, device="meta")
    traced = peak_bytes(vae, lambda: vae.decode(latents, num_frames=2))
    assert 1.0 < activations(MemoryPlan("", decode_chunk=2), "decoding") / traced < 1.25
    picture = torch.empty(1, 3, 576, 1024, device="meta")
    vae.float()
    traced = peak_bytes(vae, lambda: vae.encode(picture))
    assert 1.0 < activations(MemoryPlan(""), "encoding") / traced < 1.25
