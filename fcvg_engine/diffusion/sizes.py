# SPDX-License-Identifier: GPL-3.0-or-later
"""The size at which Stable Video Diffusion works: near the one it was trained at, in the shape of the keys."""

from __future__ import annotations

import math
import re

import torch
import torch.nn.functional as F

from ..shared.errors import BadRequest

MULTIPLE = 64  # latents are 8 times smaller than the picture, and the UNet halves them three times
AREA = 1024 * 576  # pixels of the pictures it was trained on
_LONGEST = 2048
_MOST_AREA = 1.06 * AREA  # estimates of memory have a margin for so many pixels
_STRETCH_COSTS = 4.0  # stretching the picture by 1 % counts as much as working on 4 % fewer pixels


def working(width: int, height: int, wish: str = "") -> tuple[int, int]:
    """Returns the working width and height, multiples of 64, for keys of this size.

    `wish` is "" or WIDTHxHEIGHT. Without a wish the area is about 1024×576 pixels, in the keys' shape as near as
    multiples of 64 allow. Raises BadRequest for a wish that cannot be used.
    """
    if wish:
        return _parsed(wish)
    aspect = width / height
    sides = range(MULTIPLE, _LONGEST + 1, MULTIPLE)
    sizes = [(w, h) for h in sides for w in sides if w * h <= _MOST_AREA]

    def cost(size: tuple[int, int]) -> float:
        stretch = abs(math.log(size[0] / size[1] / aspect))
        return _STRETCH_COSTS * stretch + abs(math.log(size[0] * size[1] / AREA))

    return min(sizes, key=cost)


def fitted(picture: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """Resizes [N, C, H, W] in [0, 1] to [N, C, height, width], bicubic with antialiasing, where it does not fit."""
    if picture.shape[-2:] == (height, width):
        return picture
    return F.interpolate(picture, size=(height, width), mode="bicubic", antialias=True).clamp(0, 1)


def _parsed(wish: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", wish.strip())
    if found is None:
        raise BadRequest(f"{wish!r:.50} is no working size.", "Write it as WIDTHxHEIGHT, like 1024x576.")
    width, height = (int(side) for side in found.groups())
    if any(side % MULTIPLE or not MULTIPLE <= side <= _LONGEST for side in (width, height)):
        raise BadRequest(
            f"The working size {width}×{height} cannot be used.",
            f"Both sides must be multiples of {MULTIPLE}, at most {_LONGEST}.",
        )
    return width, height
