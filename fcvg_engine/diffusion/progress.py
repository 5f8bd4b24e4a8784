# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sees during denoising: how far it is, how long it will take, previews of the frames."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from ..core.method_contract import Options, ReportProgress
from . import preview
from .memory_fallback import SteadyDenoiser

if TYPE_CHECKING:
    from .networks import Models


class Progress:
    """Reports the progress of one denoising with `steady`; its time begins now."""

    def __init__(self, steady: SteadyDenoiser, options: Options, report: ReportProgress) -> None:
        self._steady, self._options, self._report = steady, options, report
        self._began_s = time.monotonic()
        self._last = "Denoising", 0.0

    def on_step(self, step: int, steps: int, latents: torch.Tensor) -> None:
        """Reports a finished step, and shows a preview after some steps; see samplers.base.OnStep."""
        step_s = (time.monotonic() - self._began_s) / step
        if step == 1 and self._options.device.type == "cpu":
            self._options.note(
                f"Denoising on the processor takes about {_duration(step_s * steps)}; a graphics card is far faster."
            )
        if self._steady.clean is not None and preview.is_due(step, steps):
            self._options.preview(preview.contact_sheet(self._steady.clean), step, steps)
        self._last = f"Denoising, step {step} of {steps}, about {_duration(step_s * (steps - step))} left", step / steps
        self._report(*self._last)

    @contextlib.contextmanager
    def within_steps(self, networks: Models) -> Iterator[None]:
        """In the block, repeats the last report before each block of the UNets.

        A step may take an hour on a processor, and a report is where it can be cancelled.
        """
        unets: list[Any] = [networks.unet, *filter(None, [networks.backward_unet])]
        blocks = [block for unet in unets for block in (*unet.down_blocks, *unet.up_blocks)]
        hooks = [block.register_forward_pre_hook(lambda *_: self._report(*self._last)) for block in blocks]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def _duration(seconds: float) -> str:
    """Seconds as 90 s, 12 min or 3 h."""
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.0f} h"
