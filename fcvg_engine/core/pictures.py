# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys as tensors: what networks see of them, smaller copies, and full-size pictures moved along motion."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ..shared.errors import NumericError, OutOfMemory
from .warp import backward_warp, sample

Tick = Callable[[], None]  # called between steps of long work; may raise Cancelled

_BAND_PIXELS = 1 << 21  # of the full-size picture, worked on at a time when it is moved
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")


def seen(start: torch.Tensor, end: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both keys [C, H, W] as networks should see them: [1, 3, H, W] in [0, 1].

    Highlights above 1 are clipped (`carry` moves them unclipped). Transparent keys are laid over the grey that
    `backdrop` gives.
    """
    ground = backdrop(start, end)
    return composite(start[None], ground), composite(end[None], ground)


def backdrop(start: torch.Tensor, end: torch.Tensor) -> float:
    """The grey over which networks see transparent keys [C, H, W]: 1 when what is drawn is dark, else 0.

    Black lines on a clear layer would vanish over black. 0 for opaque keys.
    """
    if start.shape[0] == 3:
        return 0.0
    drawn = start[3].mean() + end[3].mean()
    light = start[:3].clamp(0, 1).mean() + end[:3].clamp(0, 1).mean()
    return 1.0 if light < 0.5 * drawn else 0.0


def composite(picture: torch.Tensor, ground: float) -> torch.Tensor:
    """Lays [1, 3 or 4, H, W], premultiplied, over the grey `ground` → [1, 3, H, W] in [0, 1]."""
    colours = picture[:, :3]
    if picture.shape[1] == 4:
        colours = colours + (1 - picture[:, 3:]) * ground
    return colours.clamp(0, 1)


def reduced(picture: torch.Tensor, factor: float) -> torch.Tensor:
    """Makes [1, C, H, W] `factor` times smaller, with antialiasing; never below one pixel. Enlarges nothing."""
    if factor <= 1:
        return picture
    height, width = (max(1, round(side / factor)) for side in picture.shape[-2:])
    return F.interpolate(picture, size=(height, width), mode="bilinear", antialias=True)


def thumbnail(picture: torch.Tensor, side: int) -> torch.Tensor:
    """Makes [C, H, W] smaller, so that its longer side has at most `side` pixels."""
    factor = max(picture.shape[-2:]) / side
    stride = max(1, int(factor / 2))  # 8K keys are thinned out first: antialiasing alone would take seconds
    return reduced(picture[None, :, ::stride, ::stride], factor / stride)[0]


def padded(picture: torch.Tensor, multiple: int) -> torch.Tensor:
    """Repeats the last row and column of [1, C, H, W] until both sides are multiples of `multiple`."""
    height, width = picture.shape[-2:]
    return F.pad(picture, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def bounding_factor(picture: torch.Tensor, most_pixels: int) -> float:
    """How many times smaller [C, H, W] must be to have at most `most_pixels`; at least 1."""
    return max(1.0, math.sqrt(picture.shape[-2] * picture.shape[-1] / most_pixels))


@dataclass(frozen=True)
class Move:
    """What one key gives to a frame.

    `picture` [1, C, H, W], of any range, is sampled along `flow` [1, 2, h, w], in the flow's own pixels, and counts
    with `share` [1, 1, h, w].
    """

    picture: torch.Tensor
    flow: torch.Tensor
    share: torch.Tensor


def carry(moves: Sequence[Move]) -> torch.Tensor:
    """Moves full-size pictures along motion that was found at their size or a smaller one, and adds them up.

    Returns [1, C, H, W]. The shares of each place add up to 1. Pictures are premultiplied, so that mixing keeps the
    colours of soft edges. The work goes on in bands of rows, to need little memory beside the pictures.
    """
    height, width = moves[0].picture.shape[-2:]
    rows = max(1, _BAND_PIXELS // width)
    result = torch.zeros_like(moves[0].picture)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        for move in moves:
            flow = enlarged_flow(move.flow, height, width, top, bottom)
            share = enlarged(move.share, height, width, top, bottom)
            result[:, :, top:bottom].addcmul_(backward_warp(move.picture, flow, top=top), share)
    return result


def enlarged(field: torch.Tensor, height: int, width: int, top: int, bottom: int) -> torch.Tensor:
    """Enlarges `field` [1, C, h, w] bilinearly to height × width pixels; returns rows `top` … `bottom` - 1 of it."""
    if field.shape[-2:] == (height, width):
        return field[:, :, top:bottom]

    def places(first: int, last: int, size: int, own: int) -> torch.Tensor:
        """Centres of pixels `first` … `last` - 1 of `size`, in pixels of `field`."""
        return (torch.arange(first, last, device=field.device) + 0.5) * (own / size) - 0.5

    y = places(top, bottom, height, field.shape[2])
    x = places(0, width, width, field.shape[3])
    return sample(field.float(), x[None, None, :].expand(1, len(y), -1), y[None, :, None].expand(1, -1, width))


def enlarged_flow(flow: torch.Tensor, height: int, width: int, top: int, bottom: int) -> torch.Tensor:
    """The same as `enlarged` for a flow [1, 2, h, w]: its vectors grow with the picture."""
    unit = flow.new_tensor((width / flow.shape[3], height / flow.shape[2])).view(1, 2, 1, 1)
    return enlarged(flow, height, width, top, bottom) * unit


def finite(values: torch.Tensor, step: str) -> torch.Tensor:
    """Returns `values` unchanged. Raises NumericError, which names `step`, when one of them is NaN or infinite."""
    if not torch.isfinite(values).all():
        raise NumericError(
            f"The method failed with invalid numbers while {step}.",
            "Try another method; if it happens again, report it with both keyframes.",
        )
    return values


@contextlib.contextmanager
def explained_memory(lighter: str = "choose the method RIFE") -> Iterator[None]:
    """Turns every kind of out-of-memory error of torch in the block into OutOfMemory. `lighter`: see `MethodTraits`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
            words in str(error).lower() for words in _OUT_OF_MEMORY
        ):
            raise OutOfMemory(
                "There is not enough memory for pictures of this size.",
                ", ".join(filter(None, ("Close other programs", lighter, "or use smaller keyframes."))),
            ) from error
        raise
