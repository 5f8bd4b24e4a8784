# SPDX-License-Identifier: GPL-3.0-or-later
"""FCVG: lines and poses that are matched between the keys guide every frame.

`diffusion.generate` has what it shares with other methods, `diffusion.samplers.fcvg` what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate
from ..diffusion.samplers import fcvg as sampler

inbetween = functools.partial(generate.inbetween, "fcvg", sampler)  # a core.method_contract.Method
