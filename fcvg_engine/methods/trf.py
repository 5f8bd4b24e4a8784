# SPDX-License-Identifier: GPL-3.0-or-later
"""TRF: Stable Video Diffusion from both keys at once, with both predictions blended.

`diffusion.generate` has what it shares with other methods, `diffusion.samplers.trf` what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate
from ..diffusion.samplers import trf as sampler

inbetween = functools.partial(generate.inbetween, "trf", sampler)  # a core.method_contract.Method
