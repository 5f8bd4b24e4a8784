"""`auto`: which method suits a pair of keys, and why.

The rule, in this order (numbers of `python -m benchmarks.quality`, see the tables there):

1. Keys that are the same need no motion: dissolve.
2. Drawn pairs go to GMFSS, all others to RIFE. Drawn means that at a width of 480 pixels at least `FLAT` of the places
   differ from their neighbours by no more than 2/255 (areas filled with one colour), and that of the places that do
   differ, at least `HARD` differ by more than 15 % of the range (outlines and hard shadows).

       flat, hard                     measured on
       0.10–0.14, 0.03                Big Buck Bunny, 9 pairs
       0.20–0.83, 0.02–0.14           filmed: bikes, 6 pairs; carphone
       0.87–0.90, 0.54–0.61           cel animation drawn by program, 12 pairs
       0.82, 0.39 | 0.87, 0.51        the same as JPEG of quality 60 | softened by 1.5 pixels
       0.63, 0.22                     the same, most of its background replaced by a rendered one
       1.00, 0.00 | 0.88, 0.00        a colour ramp | a shaded ball

3. On a CPU GMFSS takes about seven times as long as RIFE, so there a drawn pair larger than `MOST_PIXELS_ON_CPU` goes
   to RIFE all the same; the reason says so.

Limits: it was calibrated on drawings made by program, not on produced animation, and on one rendered film.
"""

from __future__ import annotations

import torch

from . import pictures
from .base import Options, ReportProgress

FLAT = 0.5
HARD = 0.2
MOST_PIXELS_ON_CPU = 1280 * 720
_SIDE = 480  # of the reduced picture that is judged, the longer one
_SAME = 2 / 255
_CONTRAST = 0.15


@torch.no_grad()
def choose(start: torch.Tensor, end: torch.Tensor, options: Options, report: ReportProgress) -> tuple[str, str]:
    """The method's name and the reason in an artist's words, for keys [C, H, W] as in `base.Method`."""
    report("Choosing a method", 0.0)
    if torch.equal(start, end):
        return "dissolve", "The keyframes are the same, so the frames between need no motion."
    small = _reduced(start), _reduced(end)
    ground = pictures.backdrop(*small)
    if not all(is_drawn(pictures.composite(key[None], ground)) for key in small):
        return "rife", "RIFE, since the keyframes look filmed or rendered."
    if options.device.type == "cpu" and start.shape[1] * start.shape[2] > MOST_PIXELS_ON_CPU:
        return "rife", "RIFE, since GMFSS, which suits drawings, is slow without a GPU at this size."
    return "gmfss", "GMFSS, since the keyframes look drawn."


def is_drawn(picture: torch.Tensor) -> bool:
    """Whether a picture [1, 3, h, w], not much longer than 480 pixels, looks like flat colours with hard edges."""
    flat, hard = features(picture)
    return flat >= FLAT and hard >= HARD


def features(picture: torch.Tensor) -> tuple[float, float]:
    """Share of flat places in [1, 3, h, w], and of hard edges among the others; both in [0, 1]."""
    here, right, below = picture[..., :-1, :-1], picture[..., :-1, 1:], picture[..., 1:, :-1]
    if here.numel() == 0:
        return 0.0, 0.0  # one pixel wide or high: no neighbours to compare with
    step = torch.maximum((right - here).abs(), (below - here).abs()).amax(1)
    differing = int((step > _SAME).sum())
    return 1 - differing / step.numel(), int((step > _CONTRAST).sum()) / max(1, differing)


def _reduced(picture: torch.Tensor) -> torch.Tensor:
    """[C, H, W] at most 480 pixels long."""
    factor = max(picture.shape[-2:]) / _SIDE
    stride = max(1, int(factor / 2))  # 8K keys are thinned out first: reducing them smoothly takes seconds
    return pictures.reduced(picture[None, :, ::stride, ::stride], factor / stride)[0]
