# SPDX-License-Identifier: GPL-3.0-or-later
"""The draft methods against frames, flows and metrics of the published programs."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fcvg_engine.core.method_contract import Options
from fcvg_engine.draft import gmfss, rife

CPU = Options(torch.device("cpu"), as_published=True)
METHODS = {"rife": rife.inbetween, "gmfss": gmfss.inbetween}
MOST_DIFFERENT = 0.5 / 255


def read(path: Path) -> torch.Tensor:
    """float32 [3, H, W] in [0, 1]."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert pixels is not None, path
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)


@pytest.mark.parametrize("method", METHODS)
def test_interpolation_frames(interpolation_case: Path, method: str) -> None:
    expected = sorted(interpolation_case.glob(f"{method}_t*.png"))
    assert expected, f"no {method}_t*.png in {interpolation_case}"
    times = [float(re.fullmatch(rf"{method}_t([\d.]+)", path.stem)[1]) for path in expected]
    start, end = read(interpolation_case / "start.png"), read(interpolation_case / "end.png")
    frames = METHODS[method](start, end, times, CPU, lambda stage, fraction: None)
    for path, frame in zip(expected, frames, strict=True):
        # Rounded as the goldens were, so that what is compared is the methods and not the eighth bit.
        shown = (frame.clamp(0, 1) * 255).round() / 255
        assert (shown - read(path)).abs().mean() <= MOST_DIFFERENT, path.name


def test_interpolation_flow_and_metrics(interpolation_case: Path) -> None:
    expected = load_file(interpolation_case / "flow.safetensors")
    painter = gmfss.Painter(CPU, lambda stage, fraction: None)
    start, end = (read(interpolation_case / name)[None] for name in ("start.png", "end.png"))
    with torch.no_grad():
        from_start, from_end = painter.sides(start, end, lambda: None)
    found = {
        "flow_start_to_end": from_start.flow,
        "flow_end_to_start": from_end.flow,
        "metric_start": from_start.metric,
        "metric_end": from_end.metric,
    }
    assert expected.keys() == found.keys()
    for name, values in expected.items():
        # The goldens are float16: half a unit in the last place is 0.05 % of the value. Sums differ with the number of
        # threads, hence a little more near 0.
        torch.testing.assert_close(found[name], values.float(), rtol=1e-3, atol=2e-3, msg=name)
