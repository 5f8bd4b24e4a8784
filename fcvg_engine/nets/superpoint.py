# SPDX-License-Identifier: GPL-3.0-or-later
"""SuperPoint: finds points of a picture that can be found again, and describes what each place looks like.

Published by DeTone et al., "SuperPoint: Self-Supervised Interest Point Detection and Description" (CVPRW 2018); module
names follow the published state dict.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

CELL = 8  # pixels of the picture to one place of the descriptor map, each way
CHANNELS = 256


class SuperPoint(nn.Module):
    """The network; module names are the published ones."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1a = nn.Conv2d(1, 64, 3, padding=1)
        self.conv1b = nn.Conv2d(64, 64, 3, padding=1)
        self.conv2a = nn.Conv2d(64, 64, 3, padding=1)
        self.conv2b = nn.Conv2d(64, 64, 3, padding=1)
        self.conv3a = nn.Conv2d(64, 128, 3, padding=1)
        self.conv3b = nn.Conv2d(128, 128, 3, padding=1)
        self.conv4a = nn.Conv2d(128, 128, 3, padding=1)
        self.conv4b = nn.Conv2d(128, 128, 3, padding=1)
        self.convPa = nn.Conv2d(128, 256, 3, padding=1)
        self.convPb = nn.Conv2d(256, CELL * CELL + 1, 1)
        self.convDa = nn.Conv2d(128, 256, 3, padding=1)
        self.convDb = nn.Conv2d(256, CHANNELS, 1)

    def forward(self, grey: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores and describes a grey picture [1, 1, H, W] in [0, 1], at least 8×8.

        Returns scores [8h, 8w] and descriptors [1, 256, h, w] of unit length, where h = H // 8 and w = W // 8. The
        scores of one cell's 64 pixels and of "no point here" sum to 1.
        """
        x = F.relu_(self.conv1b(F.relu_(self.conv1a(grey))))
        x = F.relu_(self.conv2b(F.relu_(self.conv2a(F.max_pool2d(x, 2)))))
        x = F.relu_(self.conv3b(F.relu_(self.conv3a(F.max_pool2d(x, 2)))))
        x = F.relu_(self.conv4b(F.relu_(self.conv4a(F.max_pool2d(x, 2)))))
        scores = self.convPb(F.relu_(self.convPa(x))).softmax(1)[:, :-1]
        descriptors = F.normalize(self.convDb(F.relu_(self.convDa(x))), dim=1)
        return F.pixel_shuffle(scores, CELL)[0, 0], descriptors


def peaks(scores: torch.Tensor, radius: int, threshold: float, border: int, most: int) -> torch.Tensor:
    """Finds the pixels (x, y) whose score in `scores` [H, W] is above `threshold` and the highest within `radius`.

    Returns [N, 2], N ≤ `most`, without pixels nearer than `border` to the edge; row by row, or the best first where
    some had to be left out.
    """
    height, width = scores.shape
    kept = _suppressed(scores[None], radius)[0] > threshold
    kept[:border] = kept[height - border :] = False
    kept[:, :border] = kept[:, width - border :] = False
    places = kept.nonzero()
    if len(places) > most:
        places = places[scores[kept].topk(most).indices]
    return places.flip(1).float()


def _suppressed(scores: torch.Tensor, radius: int) -> torch.Tensor:
    """Scores [1, H, W] with zero wherever a higher one is near.

    Scores that only a suppressed one had hidden are restored, in two rounds.
    """

    def highest(values: torch.Tensor) -> torch.Tensor:
        rows = F.max_pool2d(values, (1, 2 * radius + 1), stride=1, padding=(0, radius))
        return F.max_pool2d(rows, (2 * radius + 1, 1), stride=1, padding=(radius, 0))

    kept = scores == highest(scores)
    for _ in range(2):
        hidden = highest(kept.float()) > 0
        rest = scores.masked_fill(hidden, 0)
        kept |= (rest == highest(rest)) & ~hidden
    return scores.masked_fill(~kept, 0)


def sample(descriptors: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Samples the map `descriptors` [1, 256, h, w] bilinearly at `points` [N, 2], x and y in pixels of the picture.

    Returns [256, N] of unit length; zero far outside of the picture.
    """
    height, width = descriptors.shape[2:]
    # The published network was trained with this mapping, which is half a pixel off at the far edges.
    span = points.new_tensor((width, height)) * CELL - CELL / 2 - 0.5
    grid = (points - CELL / 2 + 0.5) / span * 2 - 1
    found = F.grid_sample(descriptors, grid[None, None], mode="bilinear", align_corners=True)
    return F.normalize(found[0, :, 0], dim=0)
