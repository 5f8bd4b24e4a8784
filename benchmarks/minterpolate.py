# SPDX-License-Identifier: GPL-3.0-or-later
"""ffmpeg's minterpolate, the motion interpolation everybody has, on one pair of keys."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import numpy as np
import torch

_FILTER = "minterpolate=fps={fps}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none"


def minterpolate(start: torch.Tensor, end: torch.Tensor, times: Sequence[float]) -> list[torch.Tensor]:
    """Frames [3, H, W] in [0, 1] at `times`, which must be whole parts of the gap (k / n for one n up to 100).

    minterpolate wants a film, so each key is shown twice: at 1 frame a second, s s e e, made denser.
    """
    parts = next(n for n in range(2, 101) if all(abs(time * n - round(time * n)) < 1e-9 for time in times))
    film = torch.stack((start, start, end, end)).permute(0, 2, 3, 1)  # [4, H, W, 3]
    height, width = start.shape[-2:]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    command = ["ffmpeg", "-v", "error", *raw, "-s", f"{width}x{height}", "-r", "1", "-i", "-"]
    command += ["-vf", _FILTER.format(fps=parts), *raw, "-"]
    content = (film * 255).round().to(torch.uint8).numpy().tobytes()
    made = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    frames = np.frombuffer(made, np.uint8).reshape(-1, height, width, 3)
    start_index = len(frames) - 1 - parts  # the last frame is the end itself
    return [
        torch.from_numpy(frames[start_index + round(time * parts)] / np.float32(255)).permute(2, 0, 1) for time in times
    ]
