# SPDX-License-Identifier: GPL-3.0-or-later
"""Generative Inbetweening: Stable Video Diffusion forward, and a second UNet that was trained to go backward.

`diffusion.generate` has what it shares with other methods, `diffusion.samplers.gi` what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate
from ..diffusion.samplers import gi as sampler

inbetween = functools.partial(generate.inbetween, "gi", sampler)  # a core.method_contract.Method
