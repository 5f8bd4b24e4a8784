"""Generative Inbetweening's backward direction (Wang et al., ICLR 2025, arXiv 2408.15239).

Its UNet is Stable Video Diffusion's with what fine-tuning changed in the values and outputs of temporal self-attention.
Where that attention looks is not its own: it takes the forward direction's probabilities, flipped on both frame axes,
so motion is the forward one played backward.

Probabilities are kept from the forward evaluation until the backward one, which comes right after it, takes them layer
by layer. At 1024×576 with 25 frames a guidance half has 254 million of them: 25·25 for each head and place, in 5 layers
of 5 heads · 128·72 places, 5 of 10 · 64·36, 5 of 20 · 32·18 and one of 20 · 16·9. That is 1.0 GB for both halves in
16 bits, and half as much when one half is finished before the other. Walking both networks in step, layer by layer,
would keep one layer's at a time, but needs a copy of the UNet's own program; a batch of one branch alone already has
activations of several GB.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from ..shared.errors import MissingModel

_ATTENTION = "temporal_transformer_blocks.0.attn1"
_TUNED = (f"{_ATTENTION}.to_v.", f"{_ATTENTION}.to_out.0.")
_NAMED = 3  # keys in an error message


def is_tuned(key: str) -> bool:
    """Whether the UNet's tensor `key` is one of those that the backward direction has of its own."""
    return any(part in key for part in _TUNED)


def backward_unet(unet: nn.Module, tuned: Mapping[str, torch.Tensor], base: Mapping[str, torch.Tensor]) -> nn.Module:
    """A second `unet` (UNetSpatioTemporalConditionModel) whose tuned weights are moved by `tuned` − `base`.

    `tuned`: state dict of the published fine-tuned UNet; `base`: of the one it was tuned from, Stable Video Diffusion
    for 14 frames, while `unet` is the one for 25. Of both, only keys for which `is_tuned` holds are looked at. Every
    parameter that is equal is the very same object in both networks: the second costs 0.05 GB in 16 bits, and what
    they share moves to a device once.

    Raises MissingModel naming keys that are missing or of another shape.
    """
    own = {key: parameter for key, parameter in unet.named_parameters() if is_tuned(key)}
    _check(own, tuned, "The fine-tuned UNet of Generative Inbetweening")
    _check(own, base, "The UNet for 14 frames that Generative Inbetweening was tuned from")
    twins = {id(parameter): parameter for parameter in unet.parameters()}
    for key, parameter in own.items():
        change = tuned[key].float() - base[key].float()
        if change.any():
            moved = parameter.float() + change.to(parameter.device)
            twins[id(parameter)] = nn.Parameter(moved.to(parameter.dtype), requires_grad=False)
    return copy.deepcopy(unet, twins)


def _check(own: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor], whose: str) -> None:
    wrong = [key for key, tensor in own.items() if key not in state or state[key].shape != tensor.shape]
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise MissingModel(
            f"{whose} lacks weights of the right shape: {', '.join(wrong[:_NAMED])}{more}.",
            "Download it again, whole and as published.",
        )


@contextlib.contextmanager
def linked(forward: nn.Module, backward: nn.Module) -> Iterator[None]:
    """Meanwhile each call of `backward` attends over time as the call of `forward` just before it did, reversed.

    Both calls need the same batch, frames and size. Networks are as before afterwards.
    """
    kept: dict[str, torch.Tensor] = {}
    before = []
    for network, kind in ((forward, _Keeping), (backward, _Flipping)):
        for name, module in network.named_modules():
            if name.endswith(_ATTENTION):
                before.append((module, module.processor))
                module.processor = kind(kept, name)
    try:
        yield
    finally:
        for module, processor in before:
            module.processor = processor


class _Keeping:
    """Attends as usual, and keeps the probabilities, [B·h·w·heads, F, F]."""

    def __init__(self, kept: dict[str, torch.Tensor], name: str) -> None:
        self._kept, self._name = kept, name

    def __call__(self, attention: Any, x: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        query, key = (attention.head_to_batch_dim(project(x)) for project in (attention.to_q, attention.to_k))
        self._kept[self._name] = attention.get_attention_scores(query, key)
        return _gathered(attention, self._kept[self._name], x)


class _Flipping:
    """Attends where the same layer of the other network did, in reversed time. Its own queries and keys are idle."""

    def __init__(self, kept: dict[str, torch.Tensor], name: str) -> None:
        self._kept, self._name = kept, name

    def __call__(self, attention: Any, x: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return _gathered(attention, self._kept.pop(self._name).flip(-2, -1), x)


def _gathered(attention: Any, probabilities: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """`x` [B·h·w, F, C] → values gathered over frames, projected, [B·h·w, F, C]."""
    values = attention.head_to_batch_dim(attention.to_v(x))
    out: torch.Tensor = attention.to_out[0](attention.batch_to_head_dim(torch.bmm(probabilities, values)))
    return out
