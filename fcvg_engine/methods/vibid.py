# SPDX-License-Identifier: GPL-3.0-or-later
"""ViBiDSampler: Stable Video Diffusion from one key and then from the other, in each step.

`diffusion.generate` has what it shares with other methods, `diffusion.samplers.vibid` what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate
from ..diffusion.samplers import vibid as sampler

inbetween = functools.partial(generate.inbetween, "vibid", sampler)  # a core.method_contract.Method
