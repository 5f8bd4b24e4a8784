# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Video Diffusion in a single file: every tensor of it is found, is the right one, and generates the same.

What the authors' program has was written down once (svd_single_file_keys.json.gz): `published`, the names and shapes
of all tensors of the published network; `small`, the same of one with few channels; and `answers`, some of the numbers
that the authors' modules gave for the inputs `given`, with weights drawn from their names (see goldens/weights.py).
"""

from __future__ import annotations

import gzip
import json
import runpy
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkpoints
import pytest
import single_files
import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from fcvg_engine.diffusion import networks, safetensors_loading, single_file
from fcvg_engine.models import discovery
from fcvg_engine.shared.errors import MissingModel

CPU = torch.device("cpu")
FACTS: dict[str, Any] = json.loads(
    gzip.decompress(Path(__file__).with_name("svd_single_file_keys.json.gz").read_bytes())
)
PUBLISHED_BYTES = 9_559_625_980  # of svd_xt.safetensors, float32
XT = "stable-video-diffusion-img2vid-xt-1-1"
UNET = "model.diffusion_model."

tensor_for: Callable[[str, tuple[int, ...]], torch.Tensor] = runpy.run_path(str(checkpoints.GOLDENS / "weights.py"))[
    "tensor_for"
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Files here are of networks as tiny as those of the goldens."""
    if "published" not in request.node.name:
        monkeypatch.setattr(single_file, "CONFIGS", checkpoints.GOLDENS / "fcvg" / "models.json")
    networks.release()


def quiet(stage: str, fraction: float) -> None:
    """Progress that nobody follows."""


def network(part: str, **sizes: Any) -> nn.Module:
    config = single_file.config(part) | sizes
    if part == "image_encoder":
        return CLIPVisionModelWithProjection(CLIPVisionConfig.from_dict(config))
    cls = {"unet": UNetSpatioTemporalConditionModel, "vae": AutoencoderKLTemporalDecoder}[part]
    net: nn.Module = cls.from_config(config)
    return net


# Every tensor


def test_published_names_and_shapes_make_up_the_published_file() -> None:
    """The names and shapes that everything here is compared with are those of the real file: with them its table, in
    the compact form that safetensors writes, and its numbers have the published size to the byte."""
    table, end = {}, 0
    for key, shape in FACTS["published"].items():
        begin, end = end, end + 4 * torch.Size(shape).numel()
        table[key] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    table_bytes = len(json.dumps(table, separators=(",", ":")))
    assert 8 + -(-table_bytes // 8) * 8 + end == PUBLISHED_BYTES


def test_every_tensor_of_the_published_networks_is_found_in_the_published_shape() -> None:
    used: Counter[str] = Counter()
    for part in ("unet", "vae", "image_encoder"):
        with torch.device("meta"):
            own = network(part).state_dict()
            sources = single_file.sources(part, own)
            assert sources.keys() == own.keys()
            for key, (source, change) in sources.items():
                tensor = torch.empty(FACTS["published"][source])
                assert (change(tensor) if change else tensor).shape == own[key].shape, key
                used[source] += 1
    # Queries, keys and values of 32 layers are read out of one tensor each, all others once.
    assert Counter(used.values()) == {1: len(used) - 64, 3: 64}
    assert all(source.rpartition(".")[2].startswith("in_proj_") for source, times in used.items() if times == 3)
    # What is left over is the text encoder's, and those halves of both autoencoders that nobody runs.
    clip = "conditioner.embedders.0.open_clip.model."
    text = {"positional_embedding", "text_projection", "logit_scale", "token_embedding.weight", "ln_final.weight"}
    unread = FACTS["published"].keys() - used.keys() - {clip + key for key in (*text, "ln_final.bias")}
    encoder = "conditioner.embedders.3.encoder."
    halves = ("first_stage_model.encoder.", f"{encoder}decoder.", f"{encoder}post_quant_conv.")
    assert all(key.startswith(halves) for key in unread)


# The right one


def drawn(part: str, **sizes: Any) -> nn.Module:
    """A network with the weights that the authors' module had: drawn from their names in the file, and read from it."""
    net = network(part, **sizes)
    state = {}
    for key, (source, change) in single_file.sources(part, net.state_dict()).items():
        tensor = tensor_for(source, tuple(FACTS["small"][source]))
        state[key] = change(tensor) if change else tensor
    net.load_state_dict(state)
    return net.eval()


def given(name: str) -> torch.Tensor:
    return tensor_for(f"given.{name}", tuple(FACTS["given"][name]))


def differs(found: torch.Tensor, name: str) -> float:
    """How far from the authors' answer, as a share of its largest number."""
    answer = FACTS["answers"][name]
    assert list(found.shape) == answer["shape"]
    values = torch.tensor(answer["values"])
    step = max(1, found.numel() // 48)
    return float((found.flatten()[::step] - values).abs().max() / values.abs().max())


UNET_SIZES = {
    "block_out_channels": (32, 32, 64, 64),
    "num_attention_heads": (1, 1, 2, 2),
    "cross_attention_dim": 48,
    "addition_time_embed_dim": 32,
    "projection_class_embeddings_input_dim": 96,
}
VAE_SIZES = {"block_out_channels": (32, 32, 64, 64)}
CLIP_SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "projection_dim": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 28,
}


@torch.no_grad()
def test_published_unet_answers_as_the_authors_own() -> None:
    net = drawn("unet", **UNET_SIZES)
    for name, module in net.named_modules():
        if isinstance(module, nn.GroupNorm) and ".resnets." in name:
            module.eps = 1e-5  # as the authors have it; diffusers' 1e-6 tells where a group has few values, as here
    ids = torch.tensor([[6.0, 127.0, 0.02]])
    sample = net(given("sample"), torch.tensor(1.37), given("context"), ids).sample[0]
    assert differs(sample, "unet") < 1e-4


@torch.no_grad()
def test_published_vae_answers_as_the_authors_own() -> None:
    net = drawn("vae", **VAE_SIZES)
    assert differs(net.encode(given("picture")).latent_dist.mode(), "encoder") < 1e-4
    latents = given("latents")
    assert differs(net.decode(latents, num_frames=len(latents)).sample, "decoder") < 1e-4


@torch.no_grad()
def test_published_image_encoder_answers_as_the_authors_own() -> None:
    net = drawn("image_encoder", **CLIP_SIZES)
    assert differs(net(given("clip")).image_embeds, "clip") < 1e-4


# The same pictures


def load(found: discovery.Found, method: str = "trf", dtype: torch.dtype = torch.float32) -> networks.Models:
    networks.release()
    return networks.load(found, method, CPU, dtype, quiet)


def states(loaded: networks.Models) -> dict[str, torch.Tensor]:
    nets = {"unet": loaded.unet, "vae": loaded.vae, "image_encoder": loaded.image_encoder}
    nets |= {"backward": loaded.backward_unet} if loaded.backward_unet else {}
    return {f"{name}.{key}": tensor for name, net in nets.items() for key, tensor in net.state_dict().items()}


def same(one: networks.Models, other: networks.Models) -> bool:
    mine, others = states(one), states(other)
    return mine.keys() == others.keys() and all(torch.equal(mine[key], others[key]) for key in mine)


@pytest.fixture
def found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> discovery.Found:
    monkeypatch.setenv("FCVG_CHECKPOINTS", str(folder))
    return discovery.find()


def test_the_networks_are_the_same_bit_by_bit(found: discovery.Found, folder: Path, tmp_path: Path) -> None:
    path = single_files.write(folder, tmp_path / "svd_xt_1_1.safetensors")
    for method in ("trf", "fcvg"):
        single = load(discovery.Found(svd=path, controlnext=found.controlnext, unet=found.unet), method)
        assert same(single, load(found, method))
        assert single.scheduler_config["prediction_type"] == "v_prediction"
    assert list(tmp_path.iterdir()) == [path]  # nothing was converted and kept


def test_generative_inbetweening_takes_single_files_for_both_sizes(
    found: discovery.Found, folder: Path, tmp_path: Path
) -> None:
    xt = single_files.write(folder, tmp_path / "svd_xt.safetensors")
    base = single_files.write(folder, tmp_path / "svd.safetensors")
    single = load(discovery.Found(svd=xt, gi_unet=found.gi_unet, gi_base=base), "gi")
    assert same(single, load(found, "gi"))


def test_half_precision_is_read_as_such(folder: Path, tmp_path: Path) -> None:
    path = single_files.write(folder, tmp_path / "svd_xt_1_1.safetensors", half=True)
    weights = load(discovery.Found(svd=path)).unet.state_dict()
    own = load_file(folder / XT / "unet" / "diffusion_pytorch_model.safetensors")
    assert all(torch.equal(weights[key], own[key].half().float()) for key in own)


# What is not right


def refused(path: Path) -> str:
    with pytest.raises(MissingModel) as caught:
        load(discovery.Found(svd=path))
    assert caught.value.hint
    return caught.value.message


def test_a_file_without_a_network_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    path = single_files.write(folder, tmp_path / "saved_anew.safetensors", without="conditioner.embedders.3")
    assert f"{path} lacks weights: encoder." in refused(path)


def test_a_file_of_another_network_is_noticed(folder: Path, tmp_path: Path) -> None:
    path = single_files.write(folder, tmp_path / "svd_xt.safetensors")
    state = load_file(path)
    own = state.pop(f"{UNET}out.2.bias")
    path.unlink()
    save_file(state, path)
    assert "lacks weights: conv_out.bias." in refused(path)
    path.unlink()
    save_file({**state, f"{UNET}out.2.bias": own[:2].clone()}, path)
    assert "another shape: conv_out.bias." in refused(path)
    path.unlink()
    save_file({**state, f"{UNET}out.2.bias": own, f"{UNET}input_blocks.0.1.adapter": own.clone()}, path)
    assert f"do not belong there: {UNET}input_blocks.0.1.adapter." in refused(path)


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "svd_xt.safetensors"
    path.write_bytes(b"<!doctype html><html>Sign in</html>")
    assert f"{path} is damaged or not whole" in refused(path)


def test_tensors_say_where_they_lie(folder: Path, tmp_path: Path) -> None:
    path = single_files.write(folder, tmp_path / "svd_xt.safetensors")
    keys = network("image_encoder").state_dict()
    where = single_file.located(path, "image_encoder", keys)
    query = "vision_model.encoder.layers.0.self_attn.q_proj.weight"
    assert where[query].path == path and where[query].key.endswith("resblocks.0.attn.in_proj_weight")
    assert safetensors_loading.read(where, torch.float32).keys() == keys.keys()
