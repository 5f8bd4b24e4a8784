# SPDX-License-Identifier: GPL-3.0-or-later
"""Model files found, read and refused; and the denoiser's answers, which no memory plan may change.

The files are tiny but in the official layout (`checkpoints`).
"""

from __future__ import annotations

import dataclasses
import gc
import json
import shutil
import weakref
from pathlib import Path

import checkpoints
import pytest
import torch
from safetensors.torch import load_file, save_file

from fcvg_engine.diffusion import networks, safetensors_loading
from fcvg_engine.diffusion.decode import decode
from fcvg_engine.diffusion.denoiser import SvdDenoiser
from fcvg_engine.diffusion.encode import Encoded, encode
from fcvg_engine.diffusion.memory import MemoryPlan
from fcvg_engine.diffusion.samplers.base import reversed_frames
from fcvg_engine.models import discovery
from fcvg_engine.nets.controlnext import ControlNeXt
from fcvg_engine.shared.errors import Cancelled, MissingModel, NumericError
from fcvg_engine.shared.methods import GENERATIVE
from fcvg_engine.shared.protocol import SamplingSettings

CPU = torch.device("cpu")
FRAMES, STEPS, SIDE = 3, 4, 32
WHOLE = "diffusion_pytorch_model.safetensors"
HALF = "diffusion_pytorch_model.fp16.safetensors"


def quiet(stage: str, fraction: float) -> None:
    """Progress that nobody follows."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def found(folder: Path) -> discovery.Found:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCVG_CHECKPOINTS", str(folder))
        return discovery.find()


@pytest.fixture
def fcvg(found: discovery.Found) -> networks.Models:
    return networks.load(found, "fcvg", CPU, torch.float32, quiet)


@pytest.fixture(scope="module")
def encoded(found: discovery.Found) -> Encoded:
    loaded = networks.load(found, "fcvg", CPU, torch.float32, quiet)
    start, end, noise = torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    return encode(loaded, start, end, SamplingSettings(), noise[None], MemoryPlan("test"))


def asked(loaded: networks.Models, encoded: Encoded, plan: MemoryPlan, **settings: float) -> SvdDenoiser:
    conditions = torch.rand(FRAMES, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return SvdDenoiser(loaded, encoded, conditions, SamplingSettings(**settings), STEPS, plan, FRAMES)


def latents(denoiser: SvdDenoiser) -> torch.Tensor:
    noise = torch.randn(1, FRAMES, 4, SIDE // 8, SIDE // 8, generator=torch.Generator().manual_seed(2))
    return noise * denoiser.sigmas[0]


def answers(denoiser: SvdDenoiser, step: int = 0) -> torch.Tensor:
    """Forward and backward, conditional and unconditional, [4, 1, F, 4, h, w]."""
    pairs = denoiser.both(latents(denoiser), step)
    return torch.stack([half for pair in pairs for half in (pair.conditional, pair.unconditional)])


def close(one: torch.Tensor, other: torch.Tensor, most: float = 1e-5) -> bool:
    return bool((one - other).abs().max() <= most * other.abs().max())


# What the denoiser answers


def test_batching_and_chunking_change_nothing(fcvg: networks.Models, encoded: Encoded) -> None:
    plan = MemoryPlan("test", branches=4)
    expected = answers(asked(fcvg, encoded, plan))
    for change in ({"branches": 2}, {"branches": 1}, {"branches": 1, "offload": True}, {"forward_chunk": 2}):
        assert close(answers(asked(fcvg, encoded, dataclasses.replace(plan, **change))), expected), change
    assert close(answers(asked(fcvg, encoded, plan)), expected)  # chunking is off again


def test_half_precision_answers_nearly_the_same(
    found: discovery.Found, fcvg: networks.Models, encoded: Encoded
) -> None:
    expected = answers(asked(fcvg, encoded, MemoryPlan("test")), 1)
    half = networks.load(found, "fcvg", CPU, torch.float16, quiet)
    found_in_half = answers(asked(half, encoded, MemoryPlan("test")), 1)
    assert found_in_half.dtype == torch.float32
    assert close(found_in_half, expected, 0.02)


def test_one_direction_is_half_of_both(fcvg: networks.Models, encoded: Encoded) -> None:
    denoiser = asked(fcvg, encoded, MemoryPlan("test"))
    noisy = latents(denoiser)
    forward, backward = denoiser.both(noisy, 1)
    assert close(denoiser.one(noisy, 1, "forward").conditional, forward.conditional)
    alone = denoiser.one(reversed_frames(noisy), 1, "backward")
    assert close(alone.conditional, backward.conditional)
    assert close(alone.unconditional, backward.unconditional)


def test_conditions_steer_the_conditional_half_only(fcvg: networks.Models, encoded: Encoded) -> None:
    plan = MemoryPlan("test", branches=2)
    plain = answers(SvdDenoiser(fcvg, encoded, None, SamplingSettings(), STEPS, plan, FRAMES))
    steered = answers(asked(fcvg, encoded, plan))
    for half in (0, 2):
        assert not close(steered[half], plain[half], 1e-3)
        assert close(steered[half + 1], plain[half + 1])
    assert close(answers(asked(fcvg, encoded, plan, control_weight=0.0)), plain)


def test_sampling_settings_reach_the_network(fcvg: networks.Models, encoded: Encoded) -> None:
    usual = answers(asked(fcvg, encoded, MemoryPlan("test")))
    for change in ({"fps": 12}, {"motion_bucket": 20}, {"noise_augmentation": 0.3}):
        assert not close(answers(asked(fcvg, encoded, MemoryPlan("test"), **change)), usual, 1e-4), change


def test_turbo_skips_guidance_late_only(fcvg: networks.Models, encoded: Encoded) -> None:
    exact, turbo = (asked(fcvg, encoded, MemoryPlan("test", late_guidance=share)) for share in (1.0, 0.5))
    assert close(answers(turbo, 1), answers(exact, 1))
    forward, backward = turbo.both(latents(turbo), 2)
    assert torch.equal(forward.conditional, forward.unconditional)
    assert close(backward.conditional, answers(exact, 2)[2])


def test_backward_direction_of_gi_has_its_own_network(found: discovery.Found, encoded: Encoded) -> None:
    gi = networks.load(found, "gi", CPU, torch.float32, quiet)
    with_two = answers(asked(gi, encoded, MemoryPlan("test", branches=4)))
    assert close(answers(asked(gi, encoded, MemoryPlan("test", branches=1))), with_two)
    with_one = answers(asked(dataclasses.replace(gi, backward_unet=None), encoded, MemoryPlan("test")))
    assert close(with_two[:2], with_one[:2])
    assert not close(with_two[2:], with_one[2:], 1e-3)
    shared = {id(weight) for weight in gi.unet.parameters()} & {id(weight) for weight in gi.backward_unet.parameters()}
    assert len(shared) > 0.9 * len(list(gi.unet.parameters()))


def test_invalid_numbers_name_the_step(fcvg: networks.Models, encoded: Encoded) -> None:
    denoiser = asked(fcvg, encoded, MemoryPlan("test"))
    with pytest.raises(NumericError, match="step 3 of 4"):
        denoiser.both(latents(denoiser) * torch.nan, 2)


# Decoding


def test_tiles_join_without_seams(fcvg: networks.Models) -> None:
    few = torch.randn(1, 1, 4, 8, 72, generator=torch.Generator().manual_seed(3))
    whole, tiled = (decode(fcvg, few, MemoryPlan("test", tiled=tiled)) for tiled in (False, True))
    # Attention over a tile differs from that over the picture; a seam would be seen as a jump in the difference.
    difference = (tiled - whole).mean(dim=(0, 1, 2))
    jumps = difference.diff().abs()
    assert jumps.max() <= 0.005 * whole.abs().max()
    small = few[..., :40]
    assert close(decode(fcvg, small, MemoryPlan("test", tiled=True)), decode(fcvg, small, MemoryPlan("test")))


def test_decoding_tells_its_progress(fcvg: networks.Models) -> None:
    told: list[tuple[int, int]] = []
    decode(
        fcvg, torch.zeros(1, 5, 4, 8, 8), MemoryPlan("test", decode_chunk=2), lambda done, of: told.append((done, of))
    )
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_half_precision_that_overflows_is_decoded_in_full(found: discovery.Found) -> None:
    half = networks.load(found, "vibid", CPU, torch.float16, quiet)
    assert half.vae.encoder.conv_in.weight.dtype == torch.float32
    assert half.vae.decoder.conv_in.weight.dtype == torch.float16
    bright = torch.full((1, 2, 4, 8, 8), 2e4)  # over the scaling factor beyond 65504
    assert torch.isfinite(decode(half, bright, MemoryPlan("test"))).all()
    with pytest.raises(NumericError, match="decoding"):
        decode(half, bright * torch.nan, MemoryPlan("test"))


# Loading


def test_networks_stay_warm_until_others_are_asked_for(found: discovery.Found) -> None:
    first = networks.load(found, "trf", CPU, torch.float32, quiet)
    assert networks.load(found, "vibid", CPU, torch.float32, quiet) is first  # the same networks serve both
    unet = weakref.ref(first.unet)
    del first
    networks.load(found, "fcvg", CPU, torch.float32, quiet)
    gc.collect()
    assert unet() is None


def test_controlnext_is_the_published_network() -> None:
    net = ControlNeXt()
    assert sum(weight.numel() for weight in net.parameters()) == 3_526_400
    published = {"embedding.6.weight", "down_res.1.conv_shortcut.bias", "down_sample.0.conv.weight"}
    published |= {"mid_convs.0.4.bias", "mid_convs.1.weight", "time_embedding.linear_2.bias"}
    assert published <= net.state_dict().keys()


@pytest.fixture
def copied(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the model folder that may be damaged; large files are links until they are replaced."""
    copy = tmp_path / "models"
    shutil.copytree(folder, copy, copy_function=lambda source, target: Path(target).hardlink_to(source))
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(copy))
    return copy


def replaced(path: Path, content: bytes | dict[str, torch.Tensor]) -> None:
    """Write a new file, so that the one it was linked to stays whole."""
    path.unlink(missing_ok=True)
    path.write_bytes(content) if isinstance(content, bytes) else save_file(content, path)


def refused(method: str = "fcvg") -> str:
    with pytest.raises(MissingModel) as caught:
        networks.load(discovery.find(), method, CPU, torch.float32, quiet)
    assert caught.value.hint
    return caught.value.message


def test_missing_and_unexpected_weights_are_named(copied: Path) -> None:
    path = copied / "controlnext.safetensors"
    state = load_file(path)
    bias = state.pop("mid_convs.1.bias")
    replaced(path, state)
    assert "controlnext.safetensors lacks weights: mid_convs.1.bias." in refused()
    replaced(path, {**state, "mid_convs.1.bias": bias, **{f"other.{i}": bias.clone() for i in range(6)}})
    assert "do not belong there: other.0, other.1, other.2, other.3 and 2 more." in refused()
    replaced(path, {**state, "mid_convs.1.bias": bias[:7].clone()})
    assert "another shape: mid_convs.1.bias." in refused()


@pytest.mark.parametrize("content", [b"", b"<!doctype html><html>Sign in</html>", None], ids=["empty", "page", "cut"])
@pytest.mark.parametrize("name", ["controlnext.safetensors", f"stable-video-diffusion-img2vid-xt-1-1/vae/{WHOLE}"])
def test_damaged_files_are_refused_by_name(copied: Path, name: str, content: bytes | None) -> None:
    path = copied / name
    replaced(path, path.read_bytes()[:-1000] if content is None else content)
    message = refused()
    assert str(path) in message
    assert "damaged or not whole" in message


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("vae/config.json", b"{"),
        ("vae/config.json", b"[" * 100_000),
        ("vae/config.json", b"[]"),
        ("vae/config.json", b'{"block_out_channels": [32, 33]}'),
        ("image_encoder/config.json", b'{"hidden_size": "many"}'),
        ("scheduler/scheduler_config.json", b'{"beta_schedule": "none"}'),
    ],
)
def test_broken_configs_are_refused_by_name(copied: Path, name: str, config: bytes) -> None:
    path = copied / "stable-video-diffusion-img2vid-xt-1-1" / name
    replaced(path, config)
    assert str(path) in refused()


def test_loading_can_be_cancelled(copied: Path) -> None:
    shares: list[float] = []

    def cancel(stage: str, fraction: float) -> None:
        shares.append(fraction)
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        networks.load(discovery.find(), "fcvg", CPU, torch.float32, cancel)
    assert shares == sorted(shares) and shares[-1] < 0.6


def test_half_precision_variant_alone_is_enough(copied: Path) -> None:
    unet = copied / "stable-video-diffusion-img2vid-xt-1-1" / "unet"
    halves = {key: tensor.half() for key, tensor in load_file(unet / WHOLE).items()}
    replaced(unet / HALF, halves)
    assert safetensors_loading.published(unet, "diffusion_pytorch_model", torch.float32) == [unet / WHOLE]
    assert safetensors_loading.published(unet, "diffusion_pytorch_model", torch.float16) == [unet / HALF]
    (unet / WHOLE).unlink()
    loaded = networks.load(discovery.find(), "trf", CPU, torch.float32, quiet)
    assert torch.equal(loaded.unet.conv_in.weight, halves["conv_in.weight"].float())


@pytest.mark.parametrize("variant", ["", ".fp16"])
def test_weights_in_several_files_are_read(copied: Path, variant: str) -> None:
    vae = copied / "stable-video-diffusion-img2vid-xt-1-1" / "vae"
    state = load_file(vae / WHOLE)
    (vae / WHOLE).unlink()
    names = sorted(state)
    weight_map = {}
    for part, keys in enumerate((names[::2], names[1::2]), 1):
        file = f"diffusion_pytorch_model{variant}-0000{part}-of-00002.safetensors"
        save_file({key: state[key] for key in keys}, vae / file)
        weight_map |= dict.fromkeys(keys, file)
    index = vae / f"diffusion_pytorch_model.safetensors.index{variant}.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), "utf-8")
    loaded = networks.load(discovery.find(), "trf", CPU, torch.float32, quiet)
    assert torch.equal(loaded.vae.state_dict()[names[1]], state[names[1]])
    (vae / weight_map[names[0]]).unlink()
    networks.release()
    assert weight_map[names[0]] in refused("trf")


def test_fcvg_weights_replace_those_of_svd(copied: Path) -> None:
    key = "mid_block.attentions.0.transformer_blocks.0.attn1.to_v.weight"
    own, base = load_file(copied / "unet.safetensors"), copied / "stable-video-diffusion-img2vid-xt-1-1/unet" / WHOLE
    svd = load_file(base)
    assert not torch.equal(own[key], svd[key])
    replaced(copied / "unet.safetensors", {key: own[key]})  # the rest comes from SVD
    weights = networks.load(discovery.find(), "fcvg", CPU, torch.float32, quiet).unet.state_dict()
    assert torch.equal(weights[key], own[key])
    assert torch.equal(weights["conv_in.weight"], svd["conv_in.weight"])
    replaced(copied / "unet.safetensors", own)
    base.unlink()  # is not needed where FCVG's file is whole
    networks.release()
    assert torch.equal(
        networks.load(discovery.find(), "fcvg", CPU, torch.float32, quiet).unet.state_dict()[key], own[key]
    )


# Finding


def test_files_are_found_by_their_published_names(copied: Path, found: discovery.Found) -> None:
    for name in ("svd", "controlnext", "unet", "gi_unet", "gi_base"):
        assert getattr(discovery.find(), name).relative_to(copied) == getattr(found, name).relative_to(
            found.unet.parent
        )
    assert not discovery.lacking(found).keys() & set(GENERATIVE)
    hub = copied / "models--stabilityai--svd" / "snapshots"
    hub.mkdir(parents=True)
    (copied / "stable-video-diffusion-img2vid-xt-1-1").rename(hub / "abc")
    assert discovery.find().svd is None  # three levels down
    (copied / "models--stabilityai--svd").rename(copied / "hub")
    (hub.parent.parent / "hub" / "snapshots" / "abc").rename(copied / "hub" / "abc")
    assert discovery.find().svd == copied / "hub" / "abc"
