"""ViBiDSampler: Stable Video Diffusion from one key and then from the other, each step anew.

See `diffusion.generate` for what it shares with other methods and `diffusion.samplers.vibid` for what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate

inbetween = functools.partial(generate.inbetween, "vibid")  # a core.method.Method
