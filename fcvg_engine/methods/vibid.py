"""ViBiDSampler: Stable Video Diffusion from one key and then from the other, each step anew.

See `svd.generate` for what it shares with other methods and `samplers.vibid` for what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate

inbetween = functools.partial(generate.inbetween, "vibid")  # a base.Method
