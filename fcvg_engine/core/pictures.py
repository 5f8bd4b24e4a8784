"""What the draft methods share: what networks see of a key, and full-size pictures moved along the motion they find."""

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

    Highlights above 1 are clipped (`carry` moves them unclipped). Transparent keys are laid over white when what is
    drawn on them is dark, else over black: black lines on a clear layer would vanish over black.
    """
    ground = backdrop(start, end)
    return composite(start[None], ground), composite(end[None], ground)


def backdrop(start: torch.Tensor, end: torch.Tensor) -> float:
    """The grey, 0 or 1, over which transparent keys are seen; 0 for opaque ones."""
    if start.shape[0] == 3:
        return 0.0
    drawn = start[3].mean() + end[3].mean()
    light = start[:3].clamp(0, 1).mean() + end[:3].clamp(0, 1).mean()
    return 1.0 if light < 0.5 * drawn else 0.0


def composite(picture: torch.Tensor, ground: float) -> torch.Tensor:
    """[1, 3 or 4, H, W], premultiplied → [1, 3, H, W] in [0, 1] over the grey `ground`."""
    colours = picture[:, :3]
    if picture.shape[1] == 4:
        colours = colours + (1 - picture[:, 3:]) * ground
    return colours.clamp(0, 1)


def reduced(picture: torch.Tensor, factor: float) -> torch.Tensor:
    """[1, C, H, W] made `factor` (at least 1) times smaller, smoothly; never below one pixel."""
    if factor <= 1:
        return picture
    height, width = (max(1, round(side / factor)) for side in picture.shape[-2:])
    return F.interpolate(picture, size=(height, width), mode="bilinear", antialias=True)


def padded(picture: torch.Tensor, multiple: int) -> torch.Tensor:
    """[1, C, H, W] with its last row and column repeated until both sides are multiples of `multiple`."""
    height, width = picture.shape[-2:]
    return F.pad(picture, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def bounding_factor(picture: torch.Tensor, most_pixels: int) -> float:
    """How many times smaller [C, H, W] must be to have at most `most_pixels`; at least 1."""
    return max(1.0, math.sqrt(picture.shape[-2] * picture.shape[-1] / most_pixels))


@dataclass(frozen=True)
class Move:
    """One key's part in a frame: `picture` [1, C, H, W] of any range, looked up along `flow` [1, 2, h, w] (in its own
    pixels), counts with `share` [1, 1, h, w]."""

    picture: torch.Tensor
    flow: torch.Tensor
    share: torch.Tensor


def carry(moves: Sequence[Move]) -> torch.Tensor:
    """The sum [1, C, H, W] of full-size pictures moved along motion that was found at their size or a smaller one.

    The shares of each place add up to 1. Pictures are premultiplied, so that mixing keeps the colours of soft edges.
    It is made in bands of rows, so that little memory is needed beside the pictures.
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
    """Rows `top` … `bottom` - 1 of `field` [1, C, h, w] as it would be, bilinearly, on height × width pixels."""
    if field.shape[-2:] == (height, width):
        return field[:, :, top:bottom]

    def places(first: int, last: int, size: int, own: int) -> torch.Tensor:
        """Centres of pixels `first` … `last` - 1 of `size`, in pixels of `field`."""
        return (torch.arange(first, last, device=field.device) + 0.5) * (own / size) - 0.5

    y = places(top, bottom, height, field.shape[2])
    x = places(0, width, width, field.shape[3])
    return sample(field.float(), x[None, None, :].expand(1, len(y), -1), y[None, :, None].expand(1, -1, width))


def enlarged_flow(flow: torch.Tensor, height: int, width: int, top: int, bottom: int) -> torch.Tensor:
    """The same for one flow [1, 2, h, w]: its vectors grow with the picture."""
    unit = flow.new_tensor((width / flow.shape[3], height / flow.shape[2])).view(1, 2, 1, 1)
    return enlarged(flow, height, width, top, bottom) * unit


def finite(values: torch.Tensor, step: str) -> torch.Tensor:
    """`values` unchanged. Raises NumericError naming `step` when one of them is NaN or infinite."""
    if not torch.isfinite(values).all():
        raise NumericError(
            f"The method failed with invalid numbers while {step}.",
            "Try another method; if it happens again, report it with both keyframes.",
        )
    return values


@contextlib.contextmanager
def explained_memory() -> Iterator[None]:
    """Turn every kind of out-of-memory error of torch into OutOfMemory."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
            words in str(error).lower() for words in _OUT_OF_MEMORY
        ):
            raise OutOfMemory(
                "There is not enough memory for pictures of this size.",
                "Close other programs, choose the method RIFE, or use smaller keyframes.",
            ) from error
        raise
