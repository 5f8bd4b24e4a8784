# SPDX-License-Identifier: GPL-3.0-or-later
"""Small views of the keys to compare: grey for shapes, a few patches of colour for their layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from ..core import pictures

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[np.float32]

SIDE = 448  # pixels of the longer side; at 320 thin pencil lines are lost
PATCHES = (12, 7)  # across, down


@dataclass(frozen=True)
class View:
    """One key. `shapes`: grey, uint8 [h, w]. `layout`: float32 [7, 12, 3], CIE Lab in 0 … 255, minus its mean."""

    shapes: npt.NDArray[np.uint8]
    layout: Array

    def mirrored(self) -> View:
        """Returns the view with left and right exchanged: another picture with the same kind of things in it."""
        return View(np.ascontiguousarray(self.shapes[:, ::-1]), np.ascontiguousarray(self.layout[:, ::-1]))


def views(start: torch.Tensor, end: torch.Tensor) -> tuple[View, View]:
    """Returns the views of keys [C, H, W], as in `core.method_contract.Method`, both of the same size."""
    small = pictures.thumbnail(start, SIDE), pictures.thumbnail(end, SIDE)
    ground = pictures.backdrop(*small)
    first, last = (_view(pictures.composite(key[None], ground)[0]) for key in small)
    return first, last


def _view(picture: torch.Tensor) -> View:
    pixels: Any = (picture * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    patches = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), PATCHES, interpolation=cv2.INTER_AREA)
    layout = patches.astype(np.float32)
    return View(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), layout - layout.mean((0, 1)))
