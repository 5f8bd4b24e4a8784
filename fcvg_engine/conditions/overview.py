# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws both keys side by side with what was matched, so that an artist can see whether to trust it."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from . import drawing, skeleton
from .drawing import Picture
from .matches import Matches

_DIMMED = 0.55  # brightness of the keys, so that lines stand out
_LINE_PX = 2
_GAP_PX = 4
_STRIP = 1 / 16  # height of the strip with the counts, in heights of a key
_TEXT = (230, 230, 230)


def draw(start: torch.Tensor, end: torch.Tensor, matches: Matches) -> Picture:
    """Draws keys [3, H, W] in [0, 1], of `matches.size`, side by side, with matched lines and people, and counts."""
    panels = []
    sides = (
        (start, [line.start for line in matches.lines], [person.start for person in matches.people]),
        (end, [line.end for line in matches.lines], [person.end for person in matches.people]),
    )
    for key, lines, people in sides:
        panel = np.rint(key.detach().cpu().clamp(0, 1).permute(1, 2, 0).numpy() * 255 * _DIMMED).astype(np.uint8)
        panel = np.ascontiguousarray(panel)
        drawing.draw(panel, zip(lines, (line.colour for line in matches.lines), strict=True), _LINE_PX)
        if people:
            skeleton.draw(panel, *people)
        panels.append(panel)
    gap = drawing.black((_GAP_PX, matches.size[1]))
    keys = np.hstack((panels[0], gap, panels[1]))
    return np.vstack((keys, _strip(_counts(matches), keys.shape[1], matches.size[1])))


def _counts(matches: Matches) -> str:
    lines, people = len(matches.lines), len(matches.people)
    words = (
        f"{lines} line{'' if lines == 1 else 's'} ({matches.lines_by})",
        f"{people} {'person' if people == 1 else 'people'} ({matches.pose_by})",
    )
    return ", ".join(words)


def _strip(text: str, width: int, key_height: int) -> Picture:
    """Writes `text` on black, as large as it fits."""
    strip = drawing.black((width, max(12, round(key_height * _STRIP))))
    height = strip.shape[0]
    font = cv2.FONT_HERSHEY_SIMPLEX
    (wide, high), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = min(0.5 * height / high, 0.95 * width / wide)
    cv2.putText(strip, text, (height // 3, round((height + scale * high) / 2)), font, scale, _TEXT, 1, cv2.LINE_AA)
    return strip
