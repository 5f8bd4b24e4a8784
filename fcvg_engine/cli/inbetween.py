# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `inbetween`: makes the frames between two keys."""

from __future__ import annotations

from typing import Annotated, TextIO

import typer

from ..shared import protocol, timing
from ..shared.protocol import ConditionSettings, Done, Request, SamplingSettings
from . import options
from .job import run_job

Extend = Annotated[
    bool,
    typer.Option(
        "--extend", help="A new timing for drawings that are there: keep them and draw only the times not yet drawn."
    ),
]
RedoYours = Annotated[
    bool,
    typer.Option(
        "--redo-yours", help="Make drawings anew that you have painted over; yours are put aside as yours-0003.png."
    ),
]


def inbetween(
    start: options.Start,
    end: options.End,
    count: options.Count,
    out: Annotated[str, typer.Option(help="Folder for 0001.png … and manifest.json.")],
    method: options.Method = "auto",
    chart: options.Chart = "linear",
    hold: options.Hold = 1,
    seed: options.Seed = 0,
    file_format: options.FileFormat = "png",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace frames made with other settings.")] = False,
    extend: Extend = False,
    redo_yours: RedoYours = False,
    layer: options.Layer = "",
    commercial_only: options.CommercialOnly = False,
    lines: options.Lines = "auto",
    pose: options.Pose = "auto",
    matches: options.Matches = "",
    control_weight: Annotated[float, typer.Option(help="FCVG: strength of the conditions.")] = 1.0,
    steps: Annotated[int, typer.Option(help="Generative methods: denoising steps; 0 for the published number.")] = 0,
    guidance_min: Annotated[float, typer.Option(help="Guidance at the first frame; 0 for the published one.")] = 0.0,
    guidance_max: Annotated[float, typer.Option(help="Guidance at the last frame; 0 for the published one.")] = 0.0,
    motion_bucket: Annotated[int, typer.Option(help="How much moves, 0 to 255.")] = 127,
    noise_augmentation: Annotated[float, typer.Option(help="Noise on the keys, 0 to 1.")] = 0.02,
    fps: Annotated[int, typer.Option(help="Frames a second that the video model is told.")] = 7,
    work_size: options.WorkSize = "",
    preset: Annotated[str, typer.Option(help=f"Memory and speed: {', '.join(protocol.PRESETS)}.")] = "auto",
    debug: options.Debug = False,
) -> options.Action:
    """Make the inbetweens of two keys."""
    request = Request(
        start=start,
        end=end,
        out=out,
        count=count,
        method=method,
        timing=timing.parse(chart),
        hold=hold,
        seed=seed,
        format=file_format,
        device=device,
        overwrite=overwrite,
        extend=extend,
        redo_yours=redo_yours,
        commercial_only=commercial_only,
        layer=layer,
        conditions=ConditionSettings(lines, pose, matches),
        sampling=SamplingSettings(
            steps=steps,
            guidance_min=guidance_min,
            guidance_max=guidance_max,
            control_weight=control_weight,
            motion_bucket=motion_bucket,
            noise_augmentation=noise_augmentation,
            fps=fps,
            work_size=work_size,
            preset=preset,
        ),
    )
    return lambda output: make(request, as_json, output)


def make(request: Request, as_json: bool, output: TextIO) -> None:
    """Makes the inbetweens of `request` and prints what becomes of it."""

    def summary(done: Done) -> str:
        reused = f", {done.reused} drawings reused" if done.reused else ""
        return f"{done.frames} frames in {request.out} ({done.method}, {done.device}, {done.seconds:.1f} s{reused})"

    run_job("jobs.inbetween", request, as_json, output, summary)
