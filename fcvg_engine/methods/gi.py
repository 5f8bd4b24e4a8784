"""Generative Inbetweening: Stable Video Diffusion forward, and a twin that was trained to go back.

See `diffusion.generate` for what it shares with other methods and `diffusion.samplers.gi` for what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate

inbetween = functools.partial(generate.inbetween, "gi")  # a core.method.Method
