# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands share: their options, the id in their events, the log."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, TextIO

import typer

from ..shared import protocol
from ..shared.plain_text import plain

JOB = "job"  # the id in `--json` events: a command is one job

Action = Callable[[TextIO], None]

_debugging = False


class _PlainFormatter(logging.Formatter):
    """Logs tell of paths and of what libraries say, and are read in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record), lines=True)


def is_debugging() -> bool:
    """Whether `--debug` was given."""
    return _debugging


def start_log(level: int) -> None:
    """Sends what libraries log to standard error, from `level` on; with `--debug` everything."""
    level = logging.DEBUG if _debugging else level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=level)
    if level >= logging.WARNING:
        warnings.simplefilter("ignore")  # libraries' advice to programmers


def _set_debugging(chosen: bool) -> None:
    global _debugging
    _debugging |= chosen


Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.", callback=_set_debugging)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead, one event a line.")]
UntilEof = Annotated[bool, typer.Option("--until-eof", help="Stop when standard input ends.")]

# Of jobs.
Device = Annotated[str, typer.Option(help="One of auto, cpu, cuda, mps.")]
Start = Annotated[str, typer.Argument(help="The first key, an image.")]
End = Annotated[str, typer.Argument(help="The second key, of the same size.")]
Count = Annotated[int, typer.Option(help="How many inbetweens; the keys are not counted.")]
Chart = Annotated[
    str, typer.Option("--timing", help=f"{', '.join(protocol.TIMINGS)}, or a time a drawing: 0.2,0.5,0.9.")
]
Hold = Annotated[int, typer.Option(help="Frames each drawing is held: 1, 2 or 3.")]
Layer = Annotated[str, typer.Option(help="The layer of EXR keys to take, such as Combined, instead of the likeliest.")]
Seed = Annotated[int, typer.Option(help="For methods that draw noise; -1 for a new one.")]
Lines = Annotated[str, typer.Option(help="FCVG: how lines are matched: auto, flow, gluestick or none.")]
Pose = Annotated[str, typer.Option(help="FCVG: how people are found: auto, dwpose or none.")]
Matches = Annotated[str, typer.Option(help="FCVG: an edited matches.json, instead of looking for lines and poses.")]
CommercialOnly = Annotated[
    bool, typer.Option("--commercial-only", help="Refuse models that are not plainly free for paid work.")
]
WorkSize = Annotated[str, typer.Option(help="Generative methods: WIDTHxHEIGHT they work at, multiples of 64.")]
Method = Annotated[str, typer.Option(help=f"One of {', '.join(protocol.METHODS)}.")]
FileFormat = Annotated[str, typer.Option("--format", help="One of png, png16, exr, jpg.")]
