"""TRF: Stable Video Diffusion from both keys at once, their answers blended.

See `diffusion.generate` for what it shares with other methods and `diffusion.samplers.trf` for what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate

inbetween = functools.partial(generate.inbetween, "trf")  # a core.method.Method
