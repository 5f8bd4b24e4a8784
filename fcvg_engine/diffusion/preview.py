# SPDX-License-Identifier: GPL-3.0-or-later
"""Previews of what is being denoised. A linear map turns latents into colours: far faster than the decoder."""

from __future__ import annotations

import math

import torch

from ..core import pictures

WIDEST = 640  # pixels of the sheet
# Red, green and blue in [-1, 1] of each latent channel of Stable Diffusion 1, whose latents these are: the published
# least-squares fit (ComfyUI, latent_formats.py).
_COLOURS = (
    (0.3512, 0.2297, 0.3227),
    (0.3250, 0.4974, 0.2350),
    (-0.2829, 0.1762, 0.2721),
    (-0.2120, -0.2616, -0.7177),
)
_SHEETS = 12  # of one generation, about


def is_due(step: int, steps: int) -> bool:
    """Whether to show a sheet after `step` of `steps`: about `_SHEETS` times, always after the last step."""
    return step % max(1, round(steps / _SHEETS)) == 0 or step == steps


def contact_sheet(latents: torch.Tensor) -> torch.Tensor:
    """Turns clean latents [1, F, 4, h, w] into a contact sheet [3, H, W] on the CPU, in [0, 1], at most `WIDEST` wide.

    Frames stand in rows that make the sheet about square, since Blender shows it in a square. Unused places stay black.
    """
    small = latents[0].float().cpu()  # [F, 4, h, w]
    columns = max(1, round(math.sqrt(len(small) * small.shape[2] / small.shape[3])))
    tiles = torch.einsum("fchw,cd->fdhw", small, torch.tensor(_COLOURS)) * 0.5 + 0.5
    tiles = pictures.reduced(tiles, tiles.shape[3] / (WIDEST // columns)).clamp(0, 1)
    frames, _, height, width = tiles.shape
    rows = math.ceil(frames / columns)
    board = torch.zeros(3, rows * height, columns * width)
    for index, tile in enumerate(tiles):
        top, left = index // columns * height, index % columns * width
        board[:, top : top + height, left : left + width] = tile
    return board
