"""The command `conditions`: draws the conditions that FCVG would follow."""

from __future__ import annotations

from typing import Annotated, TextIO

import typer

from ..shared import timing
from ..shared.methods import CONDITIONED
from ..shared.protocol import ConditionSettings, Done, Request, SamplingSettings
from .job import run_job
from .options import (
    Action,
    AsJson,
    Chart,
    CommercialOnly,
    Count,
    Debug,
    Device,
    End,
    Hold,
    Lines,
    Matches,
    Pose,
    Seed,
    Start,
    WorkSize,
)


def conditions(
    start: Start,
    end: End,
    count: Count,
    out: Annotated[str, typer.Option(help="Folder for condition_0000.png …, matches.json and overview.png.")],
    lines: Lines = "auto",
    pose: Pose = "auto",
    chart: Chart = "linear",
    hold: Hold = 1,
    matches: Matches = "",
    seed: Seed = 0,
    work_size: WorkSize = "",
    commercial_only: CommercialOnly = False,
    device: Device = "auto",
    as_json: AsJson = False,
    debug: Debug = False,
) -> Action:
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
        conditions=ConditionSettings(lines, pose, matches),
        sampling=SamplingSettings(work_size=work_size),
    )
    return lambda output: _draw(request, as_json, output)


def _draw(request: Request, as_json: bool, output: TextIO) -> None:
    from ..jobs import draw_conditions

    def summary(done: Done) -> str:
        return f"{done.frames} conditions in {request.out} ({done.device}, {done.seconds:.1f} s)"

    run_job(draw_conditions.run, request, as_json, output, summary)
