# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrects the drift of generated frames away from the keys' colour and exposure."""

from __future__ import annotations

import torch
import torch.nn.functional as F

# Pictures are compared at so many pixels each way: coarser than anything that the method draws.
_COARSE = 16
_CONTRAST_FLOOR = 0.02  # added to contrasts, so that flat pictures, which have none, keep theirs
_MOST_GAIN = 1.5  # a larger one means that the frame shows something else, not that its colour is off


def matched(frames: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Takes the drift against the keys `start` and `end` [3, H, W] out of `frames` [F, 3, H, W]; all in [0, 1].

    The first frame should look like the start key and the last one like the end key. Their brightness and contrast are
    compared colour by colour, in the low frequencies. This gives a gain and an offset for either end; frames between
    get a linear mix of both. All places of a frame are corrected alike: a correction by place would leave shadows where
    things have moved away. Frames without drift stay as they are.
    """
    corrections = [_correction(frames[0], start), _correction(frames[-1], end)]
    (gain, offset), (last_gain, last_offset) = corrections
    time = torch.linspace(0, 1, len(frames)).view(-1, 1, 1, 1)
    gains, offsets = torch.lerp(gain, last_gain, time), torch.lerp(offset, last_offset, time)  # [F, 3, 1, 1]
    return (frames * gains + offsets).clamp(0, 1)


def _correction(frame: torch.Tensor, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Gain and offset, [1, 3, 1, 1] each, that give `frame` the mean and contrast of `key`."""
    coarse = [F.adaptive_avg_pool2d(picture[None], _COARSE) for picture in (frame, key)]
    means = [picture.mean((2, 3), keepdim=True) for picture in coarse]
    contrasts = [picture.std((2, 3), correction=0, keepdim=True) + _CONTRAST_FLOOR for picture in coarse]
    gain = (contrasts[1] / contrasts[0]).clamp(1 / _MOST_GAIN, _MOST_GAIN)
    return gain, means[1] - gain * means[0]
