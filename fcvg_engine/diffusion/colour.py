"""Generated frames brought back to the keys' colour and exposure, from which long generations drift."""

from __future__ import annotations

import torch
import torch.nn.functional as F

# What is compared is a picture of this many pixels each way: coarser than anything that the method draws.
_COARSE = 16
_CONTRAST_FLOOR = 0.02  # of the coarse picture; flat ones tell nothing of contrast, which then stays
_MOST_GAIN = 1.5  # beyond that the frame shows something else, and colour is not what is wrong


def matched(frames: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """`frames` [F, 3, H, W] in [0, 1] with the drift against `start` and `end` [3, H, W] taken out; in [0, 1].

    The first frame should look like the start key and the last like the end key. Brightness and contrast of each
    colour, in the low frequencies, tell how far they do not; the correction, a gain and an offset a colour, goes
    evenly from the one to the other. No place is treated on its own: things move, and would leave shadows where they
    were. Frames without drift stay as they are.
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
