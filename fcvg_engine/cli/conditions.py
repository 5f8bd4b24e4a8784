# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `conditions`: draws the conditions that FCVG would follow."""

from __future__ import annotations

from typing import Annotated, TextIO

import typer

from ..shared import timing
from ..shared.methods import CONDITIONED
from ..shared.protocol import ConditionSettings, Done, Request, SamplingSettings
from . import options
from .job import run_job


def conditions(
    start: options.Start,
    end: options.End,
    count: options.Count,
    out: Annotated[str, typer.Option(help="Folder for condition_0000.png …, matches.json and overview.png.")],
    lines: options.Lines = "auto",
    pose: options.Pose = "auto",
    chart: options.Chart = "linear",
    hold: options.Hold = 1,
    matches: options.Matches = "",
    seed: options.Seed = 0,
    work_size: options.WorkSize = "",
    layer: options.Layer = "",
    commercial_only: options.CommercialOnly = False,
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> options.Action:
    """Draw the conditions that FCVG would follow: the matched lines and poses of every frame, and of both keys."""
    request = Request(
        start=start,
        end=end,
        out=out,
        count=count,
        method=CONDITIONED[0],
        timing=timing.parse(chart),
        hold=hold,
        seed=seed,
        device=device,
        commercial_only=commercial_only,
        layer=layer,
        conditions=ConditionSettings(lines, pose, matches),
        sampling=SamplingSettings(work_size=work_size),
    )
    return lambda output: _draw(request, as_json, output)


def _draw(request: Request, as_json: bool, output: TextIO) -> None:
    def summary(done: Done) -> str:
        return f"{done.frames} conditions in {request.out} ({done.device}, {done.seconds:.1f} s)"

    run_job("jobs.draw_conditions", request, as_json, output, summary)
