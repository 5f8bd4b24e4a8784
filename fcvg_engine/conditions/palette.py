# SPDX-License-Identifier: GPL-3.0-or-later
"""The colours of matched lines."""

from __future__ import annotations

import hsluv
import numpy as np

Colour = tuple[int, int, int]  # red, green, blue, 0 … 255

# First hue, saturation, lightness and the range of hues: the defaults of seaborn's `husl_palette`, which the FCVG
# authors used (HSLuv is HUSL's later name). It stops at 359 and 99, though the colour space goes to 360 and 100.
_FIRST_HUE, _SATURATION, _LIGHTNESS = 0.01, 0.9, 0.65
_HUES, _SHARES = 359, 99


def colours(count: int, seed: int) -> list[Colour]:
    """Returns `count` colours that differ as much as possible, in a random order that depends on `seed`.

    Red and blue are exchanged, since the published program drew so and the networks were trained on its pictures.
    """
    hues = (np.arange(count) / max(1, count) + _FIRST_HUE) % 1 * _HUES
    ordered = [_colour(float(hue)) for hue in hues]
    return [ordered[index] for index in np.random.default_rng(seed).permutation(count)]


def _colour(hue: float) -> Colour:
    red, green, blue = hsluv.hsluv_to_rgb((hue, _SATURATION * _SHARES, _LIGHTNESS * _SHARES))
    return int(blue * 255), int(green * 255), int(red * 255)
