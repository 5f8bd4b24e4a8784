# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `examine`: says of two keys what is to be known before a job."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, TextIO

import typer

from ..core import loading
from ..shared import protocol
from ..shared.errors import BadRequest
from ..shared.protocol import Request
from . import cancellation, options, terminal

_LONGEST = 6  # digits of a side


def examine(
    start: options.Start,
    end: options.End,
    count: options.Count = 1,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the frames, where that is not the keys'.")] = "",
    out: Annotated[str, typer.Option(help="The folder that the frames would be written to.")] = ".",
    method: options.Method = "auto",
    hold: options.Hold = 1,
    file_format: options.FileFormat = "png",
    device: options.Device = "auto",
    layer: options.Layer = "",
    commercial_only: options.CommercialOnly = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> options.Action:
    """Say of two keys whether they are one shot, how far things move, and what a job would take. Makes nothing."""
    request = Request(
        start=start,
        end=end,
        out=out,
        count=count,
        method=method,
        hold=hold,
        format=file_format,
        device=device,
        commercial_only=commercial_only,
        layer=layer,
    )
    return lambda output: _examine(request, size, as_json, output)


def _examine(request: Request, size: str, as_json: bool, output: TextIO) -> None:
    options.start_log(logging.CRITICAL)
    is_cancelled = cancellation.watch()
    with loading.cancellable(is_cancelled):
        job = loading.load_own("jobs.examine_keys")
        from ..files import images

        keys = Path(request.start), Path(request.end)
        width, height = _parsed_size(size) if size else images.check_pair(*keys, request.layer)
        message = protocol.Examine(options.JOB, request, width, height)
        if as_json:
            terminal.print_message(job.run(message, lambda _: None, is_cancelled), output)
            return
        with terminal.progress_bar() as show:
            examined = job.run(message, show, is_cancelled)
    terminal.print_examined(examined, output)


def _parsed_size(text: str) -> tuple[int, int]:
    """Reads width and height from WIDTHxHEIGHT. Raises BadRequest."""
    width, _, height = text.lower().partition("x")
    if not all(side.isdecimal() and len(side) <= _LONGEST for side in (width, height)):
        raise BadRequest(f"{text!r:.50} is no size.", "Write it as WIDTHxHEIGHT, like 960x540.")
    return int(width), int(height)
