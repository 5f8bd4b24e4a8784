"""What all commands share: options, the id in their events, the log."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, TextIO

import typer

JOB = "job"  # the id in `--json` events: there is only one

Action = Callable[[TextIO], None]

_debugging = False


def is_debugging() -> bool:
    """Whether `--debug` was given."""
    return _debugging


def start_log(level: int) -> None:
    """What libraries say goes to standard error, from this level on; with `--debug` everything does."""
    level = logging.DEBUG if _debugging else level
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level >= logging.WARNING:
        warnings.simplefilter("ignore")  # libraries' advice to programmers


def _set_debugging(chosen: bool) -> None:
    global _debugging
    _debugging |= chosen


Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.", callback=_set_debugging)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead, one event a line.")]
UntilEof = Annotated[bool, typer.Option("--until-eof", help="Stop when standard input ends.")]
