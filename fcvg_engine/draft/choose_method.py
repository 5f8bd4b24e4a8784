# SPDX-License-Identifier: GPL-3.0-or-later
"""The method `auto`: decides which draft method suits a pair of keys, and why.

The rule, in this order (`python -m benchmarks.quality` prints the numbers for every pair):

1. Keys that are the same, or that fade into one another (see `fades`), need no motion: dissolve.
2. Pairs that are not drawn: RIFE. Drawn means that at a width of 480 pixels at least `FLAT` of the places differ from
   their neighbours by no more than 2/255 (areas filled with one colour), and that of the places that do differ, at
   least `HARD` differ by more than 15 % of the range (outlines and hard shadows).

       flat, hard                     measured on
       0.10–0.14, 0.02–0.03           Big Buck Bunny, 9 pairs
       0.87–0.89, 0.46–0.61           cel animation drawn by program, 12 pairs
       0.20–0.82, 0.02–0.14           filmed, 7 pairs (these and the next are not in the benchmark)
       0.82, 0.39 | 0.87, 0.51        the cel animation as JPEG of quality 60 | softened by 1.5 pixels
       0.63, 0.22                     the cel animation before a mostly rendered background
       1.00, 0.00 | 0.88, 0.00        a colour ramp | a shaded ball

3. Drawn pairs of which a share below `CHANGED` changes: RIFE, which then is no worse and seven times as fast.

       changed        FLIP error of RIFE, of GMFSS (0 is equal to the true frame)
       0.21–0.35      0.050, 0.055      drawn, 5 pairs
       0.38–0.47      0.118, 0.100      drawn, 7 pairs
       0.22–0.92      0.131, 0.152      Big Buck Bunny, 9 pairs

4. Drawn pairs with a pattern that repeats itself: RIFE. GMFSS matches places without regard to how far they lie
   apart, and takes one tile for another. The number is how like the picture is to itself shifted, see `repetition`.

       repetition     mean error in levels of 255 of RIFE, of GMFSS
       0.99, 0.73     11, 68 | 19, 31   a checker that moves, a tiled floor that stands still
       0.38–0.59                        drawn, 15 pairs

5. Drawn pairs larger than `MOST_PIXELS_ON_CPU` on a CPU: RIFE all the same, and the reason says so.
6. Other drawn pairs: GMFSS.

The thresholds were found on drawings made by program, not on produced animation, and on one rendered film.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from ..core import pictures
from ..core.method_contract import Options, ReportProgress
from ..models import registry
from . import fades

FLAT = 0.5
HARD = 0.2
CHANGED = 0.37
REPEATED = 0.65
MOST_PIXELS_ON_CPU = 1280 * 720
_FADES = {
    fades.FIRST: "Dissolve, since the first keyframe shows nothing that could move.",
    fades.LAST: "Dissolve, since the last keyframe shows nothing that could move.",
    fades.LIGHT: "Dissolve, since only light or colour changes between the keyframes.",
}
_SIDE = 480  # longer side of the small picture that is judged
_SAME = 2 / 255
_CONTRAST = 0.15
_NEAR = 8  # pixels of the small picture: what is nearer is like itself anyway
_TINY = 1e-12
_MOVED = 0.03  # mean difference around a place, from which on it has changed


def choose(
    start: torch.Tensor,
    end: torch.Tensor,
    options: Options,
    report: ReportProgress,
    is_allowed: Callable[[str], bool] = lambda name: True,
) -> tuple[str, str]:
    """Returns the method for keys [C, H, W], as in `core.method_contract.Method`, and the reason in words for an
    artist.

    If the method that suits is not allowed, RIFE is chosen; if that is not either, the dissolve, which needs no model.
    """
    report("Choosing a method", 0.0)
    name, reason = _suiting(start, end, options)
    if is_allowed(name):
        return name, reason
    name = "rife" if is_allowed("rife") else "dissolve"
    return name, f"{registry.label(name)}, since what would suit the keyframes better is not free for commercial work."


@torch.no_grad()
def _suiting(start: torch.Tensor, end: torch.Tensor, options: Options) -> tuple[str, str]:
    if torch.equal(start, end):
        return "dissolve", "The keyframes are the same, so the frames between need no motion."
    if fade := fades.kind(start, end):
        return "dissolve", _FADES[fade]
    flat, hard, changed = features(start, end)
    if flat < FLAT or hard < HARD:
        return "rife", "RIFE, since the keyframes look filmed or rendered."
    if changed < CHANGED:
        return "rife", "RIFE, since most of the picture stays as it is."
    if min(repetition(start), repetition(end)) > REPEATED:
        return "rife", "RIFE, since a pattern repeats itself, in which GMFSS takes one place for another."
    if options.device.type == "cpu" and start.shape[1] * start.shape[2] > MOST_PIXELS_ON_CPU:
        return "rife", "RIFE, since GMFSS, which suits drawings, is slow without a GPU at this size."
    return "gmfss", "GMFSS, since the keyframes look drawn and much changes between them."


def is_drawn_pair(start: torch.Tensor, end: torch.Tensor) -> bool:
    """Whether keys [C, H, W] look like flat colours with hard edges."""
    flat, hard, _ = features(start, end)
    return flat >= FLAT and hard >= HARD


def features(start: torch.Tensor, end: torch.Tensor) -> tuple[float, float, float]:
    """Measures keys [C, H, W]: the share of flat places, of hard edges among the others, and of places that change.

    All are in [0, 1]. Of the first two it is the smaller value of both keys.
    """
    small = pictures.thumbnail(start, _SIDE), pictures.thumbnail(end, _SIDE)
    ground = pictures.backdrop(*small)
    first, last = (pictures.composite(key[None], ground) for key in small)
    flat, hard = zip(_flat_and_hard(first), _flat_and_hard(last), strict=True)
    difference = F.avg_pool2d((first - last).abs().mean(1, keepdim=True), 15, 1, 7)
    return min(flat), min(hard), float((difference > _MOVED).float().mean())


def repetition(picture: torch.Tensor) -> float:
    """How like a picture [C, H, W] is to itself shifted, at the best shift beyond `_NEAR` pixels: 1 is equal.

    Corners are compared, since a straight line is like itself along its way.
    """
    grey = pictures.thumbnail(picture, _SIDE)[:3].mean(0)
    height, width = grey.shape
    if min(height, width) < 4 * _NEAR:
        return 0.0
    across, down = grey[1:, 1:] - grey[1:, :-1], grey[1:, 1:] - grey[:-1, 1:]
    squares = torch.stack((across * across, down * down, across * down))[None]
    xx, yy, xy = F.avg_pool2d(squares, 5, 1, 2)[0]
    corners = (xx * yy - xy * xy).clamp(min=0) ** 0.25
    corners -= corners.mean()
    double = (2 * (height - 1), 2 * (width - 1))
    alike, shared = (
        torch.fft.irfft2(torch.fft.rfft2(each, double).abs().square(), double)
        for each in (corners, torch.ones_like(corners))
    )
    alike = alike / shared.clamp(min=1)
    y, x = torch.arange(height // 3)[:, None], torch.arange(width // 3)
    beyond = y.square() + x.square() > _NEAR**2
    quarters = (alike[: height // 3, : width // 3], alike.flip(1).roll(1, 1)[: height // 3, : width // 3])
    return max(float(each[beyond].max()) for each in quarters) / max(float(alike[0, 0]), _TINY)


def _flat_and_hard(picture: torch.Tensor) -> tuple[float, float]:
    here, right, below = picture[..., :-1, :-1], picture[..., :-1, 1:], picture[..., 1:, :-1]
    if here.numel() == 0:
        return 0.0, 0.0  # one pixel wide or high: no neighbours to compare with
    step = torch.maximum((right - here).abs(), (below - here).abs()).amax(1)
    differing = int((step > _SAME).sum())
    return 1 - differing / step.numel(), int((step > _CONTRAST).sum()) / max(1, differing)
