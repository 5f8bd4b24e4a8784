"""The keys as they are compared: small, grey for shapes, and a few patches of colour for their layout."""

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
    """`shapes`: uint8 [h, w]. `layout`: float32 [7, 12, 3], CIE Lab in 0 … 255, without its mean."""

    shapes: npt.NDArray[np.uint8]
    layout: Array

    def mirrored(self) -> View:
        """Left for right: another picture, with the same kind of things in it."""
        return View(np.ascontiguousarray(self.shapes[:, ::-1]), np.ascontiguousarray(self.layout[:, ::-1]))


def views(start: torch.Tensor, end: torch.Tensor) -> tuple[View, View]:
    """Of keys [C, H, W] as in `core.method.Method`, both of the same size."""
    small = _reduced(start), _reduced(end)
    ground = pictures.backdrop(*small)
    first, last = (_view(pictures.composite(key[None], ground)[0]) for key in small)
    return first, last


def _view(picture: torch.Tensor) -> View:
    pixels: Any = (picture * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    patches = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), PATCHES, interpolation=cv2.INTER_AREA)
    layout = patches.astype(np.float32)
    return View(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), layout - layout.mean((0, 1)))


def _reduced(picture: torch.Tensor) -> torch.Tensor:
    """[C, H, W] with the longer side at most `SIDE`."""
    factor = max(picture.shape[-2:]) / SIDE
    stride = max(1, int(factor / 2))  # large keys are thinned out first: reducing them smoothly takes seconds
    return pictures.reduced(picture[None, :, ::stride, ::stride], factor / stride)[0]
