# SPDX-License-Identifier: GPL-3.0-or-later
"""GI's second UNet: what it shares with the first, and where it attends."""

from __future__ import annotations

import json
import math

import pytest
import torch
from checkpoints import GOLDENS, drawn
from diffusers import UNetSpatioTemporalConditionModel
from torch import nn

from fcvg_engine.diffusion import gi_backward_unet as gi_unet
from fcvg_engine.diffusion.denoiser import SvdDenoiser
from fcvg_engine.diffusion.encode import Encoded
from fcvg_engine.diffusion.memory import MemoryPlan
from fcvg_engine.diffusion.networks import Models
from fcvg_engine.shared.errors import MissingModel
from fcvg_engine.shared.protocol import SamplingSettings

ATTENTION = "temporal_transformer_blocks.0.attn1"
OWN = ("to_v.weight", "to_out.0.weight", "to_out.0.bias")
SEEN, SIDE = 3, (4, 6)  # frames and latent size
TIME_IDS = torch.tensor([[6.0, 127.0, 0.02]])  # rate − 1, motion, noise on the key
CONFIGS = json.loads((GOLDENS / "fcvg" / "models.json").read_text("utf-8"))


def tiny_unet() -> UNetSpatioTemporalConditionModel:
    """The UNet of the goldens."""
    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(**CONFIGS["unet"])
    unet.load_state_dict(drawn(unet, "unet"), assign=True)
    return unet.eval().requires_grad_(False)


def tuned(unet: nn.Module, name: str) -> dict[str, torch.Tensor]:
    """What training concerns in the UNet called `name`."""
    return drawn(unet, name, lambda key: any(f"{ATTENTION}.{part}" in key for part in OWN))


@pytest.fixture(scope="module")
def unets() -> tuple[nn.Module, nn.Module]:
    unet = tiny_unet()
    return unet, gi_unet.backward_unet(unet, tuned(unet, "tuned"), tuned(unet, "base"))


def test_second_unet_shares_what_is_equal(unets: tuple[nn.Module, nn.Module]) -> None:
    forward, backward = unets
    after, before = tuned(forward, "tuned"), tuned(forward, "base")
    theirs = dict(backward.named_parameters())
    assert theirs.keys() == dict(forward.named_parameters()).keys()
    for key, parameter in forward.named_parameters():
        if key.endswith(tuple(f"{ATTENTION}.{part}" for part in OWN)):
            assert torch.allclose(theirs[key], parameter + (after[key] - before[key]), atol=1e-6)
            assert not torch.equal(theirs[key], parameter)
        else:
            assert theirs[key].data_ptr() == parameter.data_ptr(), key


def test_networks_share_wherever_they_move_and_whatever_they_become() -> None:
    forward = tiny_unet()
    backward = gi_unet.backward_unet(forward, tuned(forward, "tuned"), tuned(forward, "base"))
    for moved in (forward, backward):
        moved.half()
    pairs = zip(forward.parameters(), backward.parameters(), strict=True)
    own = sum(one.data_ptr() != other.data_ptr() for one, other in pairs)
    assert own == sum(name.endswith(ATTENTION) for name, _ in forward.named_modules()) * len(OWN)
    assert {parameter.dtype for parameter in backward.parameters()} == {torch.float16}


def test_training_that_changed_nothing_costs_nothing(unets: tuple[nn.Module, nn.Module]) -> None:
    forward, _ = unets
    same = tuned(forward, "tuned")
    backward = gi_unet.backward_unet(forward, same, same)
    pointers = [parameter.data_ptr() for parameter in forward.parameters()]
    assert [parameter.data_ptr() for parameter in backward.parameters()] == pointers


@pytest.mark.parametrize("broken", ["tuned", "base"])
def test_missing_weights_are_named(unets: tuple[nn.Module, nn.Module], broken: str) -> None:
    forward, _ = unets
    states = {name: tuned(forward, name) for name in ("tuned", "base")}
    lost, cut = list(states[broken])[:2]
    del states[broken][lost]
    states[broken][cut] = states[broken][cut][:1]
    with pytest.raises(MissingModel) as caught:
        gi_unet.backward_unet(forward, **states)
    assert lost in caught.value.message
    assert cut in caught.value.message
    assert caught.value.hint


def evaluated(unet: nn.Module, seed: int) -> torch.Tensor:
    """v [2, F, 4, h, w] for what `seed` draws."""
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn((2, SEEN, 8, *SIDE), generator=generator)
    embedding = torch.randn((2, 1, 32), generator=generator)
    v: torch.Tensor = unet(latents, 0.5, embedding, TIME_IDS.repeat(2, 1), return_dict=False)[0]
    return v


def attended(layer: nn.Module, looks: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """`looks` [places, heads, F, F] times the values of `x` [places, F, C], projected."""
    values = (x @ layer.to_v.weight.T).unflatten(-1, (layer.heads, -1)).transpose(1, 2)  # [places, heads, F, d]
    return (looks @ values).transpose(1, 2).flatten(2) @ layer.to_out[0].weight.T + layer.to_out[0].bias


def test_backward_attends_as_forward_did_reversed(unets: tuple[nn.Module, nn.Module]) -> None:
    """Every temporal self-attention is computed anew from what went into it: softmax(QKᵀ/√d) of the forward layer,
    for the backward one flipped on both frame axes, times each layer's own values."""
    forward, backward = unets
    seen: dict[nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}

    def watch(layer: nn.Module, inputs: tuple[torch.Tensor], result: torch.Tensor) -> None:
        seen[layer] = inputs[0], result

    names = [name for name, _ in forward.named_modules() if name.endswith(ATTENTION)]
    handles = [each.get_submodule(name).register_forward_hook(watch) for each in unets for name in names]
    plain = evaluated(forward, 1), evaluated(backward, 2)
    with gi_unet.linked(forward, backward):
        linked = evaluated(forward, 1), evaluated(backward, 2)
    for handle in handles:
        handle.remove()

    assert len(names) == 4
    for name in names:
        there, back = forward.get_submodule(name), backward.get_submodule(name)
        x, result = seen[there]
        query, key = (
            (x @ project.weight.T).unflatten(-1, (there.heads, -1)).transpose(1, 2)
            for project in (there.to_q, there.to_k)
        )
        looks = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(query.shape[-1]), dim=-1)
        assert torch.allclose(result, attended(there, looks, x), atol=1e-5)
        x, result = seen[back]
        assert torch.allclose(result, attended(back, looks.flip(2, 3), x), atol=1e-5)

    assert torch.allclose(linked[0], plain[0], atol=1e-5), "the forward direction is plain Stable Video Diffusion"
    assert not torch.allclose(linked[1], plain[1], atol=1e-2)
    after = evaluated(forward, 1), evaluated(backward, 2)
    assert all(map(torch.equal, after, plain)), "nothing of it stays in the networks"


def test_denoiser_links_both_directions_however_it_batches(unets: tuple[nn.Module, nn.Module]) -> None:
    forward, backward = unets
    generator, cpu, idle = torch.Generator().manual_seed(0), torch.device("cpu"), nn.Identity()
    models = Models(forward, backward, None, idle, idle, CONFIGS["scheduler"], cpu, torch.float32)
    halves = torch.tensor([0.0, 1.0])  # without and with the key
    keys = torch.randn((2, 4, *SIDE), generator=generator) * halves.view(2, 1, 1, 1)
    embeddings = torch.randn((2, 1, 32), generator=generator) * halves.view(2, 1, 1)
    encoded = Encoded(embeddings, embeddings * 2, keys, keys * 2)

    def denoiser(branches: int) -> SvdDenoiser:
        plan = MemoryPlan("test", branches=branches)
        return SvdDenoiser(models, encoded, None, SamplingSettings(), steps=4, plan=plan, frames=SEEN)

    sigma, timestep = denoiser(1).sigmas[2], denoiser(1).timesteps[2]
    latents = torch.randn((1, SEEN, 4, *SIDE), generator=generator) * sigma
    expected = []
    for half in (0, 1):
        with gi_unet.linked(forward, backward):
            for unet, x, share in ((forward, latents, 1), (backward, latents.flip(1), 2)):
                key = (keys[half] * share).expand_as(x)
                seen = torch.cat((x / (sigma**2 + 1).sqrt(), key), dim=2)
                expected.append(unet(seen, timestep, embeddings[half][None] * share, TIME_IDS, return_dict=False)[0])
    for branches in (1, 2, 4):
        ahead, behind = denoiser(branches).both(latents, 2)
        found = (ahead.unconditional, behind.unconditional, ahead.conditional, behind.conditional)
        for one, other in zip(found, expected, strict=True):
            assert torch.allclose(one, other, atol=1e-5)
