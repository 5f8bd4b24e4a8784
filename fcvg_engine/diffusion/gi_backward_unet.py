# SPDX-License-Identifier: GPL-3.0-or-later
"""Generative Inbetweening's backward direction (Wang et al., ICLR 2025, arXiv 2408.15239).

The UNet for this direction is Stable Video Diffusion's, with fine-tuned values and outputs in temporal self-attention.
That attention uses the forward direction's probabilities, flipped on both frame axes. So the motion is the forward one,
played backward.

The probabilities of a forward evaluation are kept until the backward evaluation, right after it, has used them layer by
layer. At 1024×576 with 25 frames a guidance half has 254 million of them: 25·25 for each head and place, in 5 layers
of 5 heads · 128·72 places, 5 of 10 · 64·36, 5 of 20 · 32·18 and one of 20 · 16·9. That is 1.0 GB for both halves in
16 bits, and half as much when one half is finished before the other. Running both networks in step, layer by layer,
would need the memory of one layer only, but also a copy of the UNet's own program. It is not worth it: a batch of one
branch alone has activations of several GB.
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
    """Whether the UNet's tensor `key` is one of those that fine-tuning changes for the backward direction."""
    return any(name in key for name in _TUNED)


def backward_unet(unet: nn.Module, tuned: Mapping[str, torch.Tensor], base: Mapping[str, torch.Tensor]) -> nn.Module:
    """Returns a second `unet` (UNetSpatioTemporalConditionModel), with `tuned` − `base` added to its tuned weights.

    `unet`: Stable Video Diffusion for 25 frames.
    `tuned`: state dict of the published fine-tuned UNet.
    `base`: state dict of the UNet it was tuned from, Stable Video Diffusion for 14 frames.
    Of both state dicts only keys for which `is_tuned` holds are used.

    Both networks share every parameter that is equal: the second one costs 0.05 GB in 16 bits, and shared parameters
    move to a device once. Raises MissingModel naming keys that are missing or of another shape.
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
    """In the block, each call of `backward` attends over time as the call of `forward` before it did, reversed.

    Both calls must have the same batch, frames and size. After the block the networks are as they were before.
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
    """Attention that works as usual and keeps its probabilities, [B·h·w·heads, F, F], in `kept`."""

    def __init__(self, kept: dict[str, torch.Tensor], name: str) -> None:
        self._kept, self._name = kept, name

    def __call__(self, attention: Any, x: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        query, key = (attention.head_to_batch_dim(project(x)) for project in (attention.to_q, attention.to_k))
        self._kept[self._name] = attention.get_attention_scores(query, key)
        return _gathered(attention, self._kept[self._name], x)


class _Flipping:
    """Attention that uses the probabilities in `kept`, reversed in time, instead of its own queries and keys."""

    def __init__(self, kept: dict[str, torch.Tensor], name: str) -> None:
        self._kept, self._name = kept, name

    def __call__(self, attention: Any, x: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return _gathered(attention, self._kept.pop(self._name).flip(-2, -1), x)


def _gathered(attention: Any, probabilities: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Gathers the values of `x` [B·h·w, F, C] over frames with these probabilities, and projects: [B·h·w, F, C]."""
    values = attention.head_to_batch_dim(attention.to_v(x))
    out: torch.Tensor = attention.to_out[0](attention.batch_to_head_dim(torch.bmm(probabilities, values)))
    return out
