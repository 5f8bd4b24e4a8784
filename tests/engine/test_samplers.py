"""TRF, ViBiDSampler and GI against plain transcriptions of their formulas, and GI's second UNet."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from checkpoints import GOLDENS, drawn
from diffusers import UNetSpatioTemporalConditionModel
from torch import nn

from fcvg_engine.errors import Cancelled, MissingModel
from fcvg_engine.protocol import SamplingSettings
from fcvg_engine.samplers import gi, trf, vibid
from fcvg_engine.samplers.base import Direction, OnStep, Prediction
from fcvg_engine.svd import gi as gi_unet
from fcvg_engine.svd.denoiser import SvdDenoiser
from fcvg_engine.svd.encode import Encoded
from fcvg_engine.svd.models import Models
from fcvg_engine.svd.plan import Plan

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


# GI's second UNet

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
        plan = Plan("test", branches=branches)
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
