"""FCVG: lines and poses of both keys are matched, moved between them, and guide every frame.

See `diffusion.generate` for what it shares with other methods and `diffusion.samplers.fcvg` for what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate
from ..diffusion.samplers import fcvg as sampler

inbetween = functools.partial(generate.inbetween, "fcvg", sampler)  # a core.method.Method
