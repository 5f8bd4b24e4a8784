"""Generative Inbetweening: Stable Video Diffusion forward, and a twin that was trained to go back.

See `diffusion.generate` for what it shares with other methods and `diffusion.samplers.gi` for what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate
from ..diffusion.samplers import gi as sampler

inbetween = functools.partial(generate.inbetween, "gi", sampler)  # a core.method.Method
