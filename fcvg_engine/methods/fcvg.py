"""FCVG: lines and poses of both keys are matched, moved between them, and guide every frame.

See `diffusion.generate` for what it shares with other methods and `diffusion.samplers.fcvg` for what is its own.
"""

from __future__ import annotations

import functools

from ..diffusion import generate

inbetween = functools.partial(generate.inbetween, "fcvg")  # a core.method.Method
