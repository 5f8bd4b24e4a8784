# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `doctor`: examines the engine and this computer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from ..shared import protocol
from ..shared.errors import Cancelled
from ..shared.protocol import Message
from . import cancellation, terminal
from .options import JOB, Action, AsJson, Debug, Device, UntilEof, start_log

if TYPE_CHECKING:
    from ..doctor import Examination


def doctor(
    device: Device = "auto",
    blender: Annotated[str, typer.Option(help="The version of Blender that asks.")] = "",
    as_json: AsJson = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """Examine the engine and this computer, name likely mistakes, and make a frame as a test."""

    def action(output: TextIO) -> None:
        is_cancelled = cancellation.watch(until_eof)
        start_log(logging.CRITICAL)
        if as_json:
            found = _examine(device, blender, is_cancelled, lambda message: terminal.print_message(message, output))
            terminal.print_message(protocol.Findings(JOB, found.findings, found.mistakes), output)
            if found.error:  # the findings say it, and nothing may follow the last message
                terminal.print_error(found.error)
                raise SystemExit(found.error.exit_code)
            return
        with terminal.progress_bar() as show:
            found = _examine(device, blender, is_cancelled, show)
        terminal.print_findings(found.findings, found.mistakes, output)
        if found.error:
            raise found.error

    return action


def _examine(
    device: str, blender: str, is_cancelled: cancellation.IsCancelled, show: Callable[[Message], None]
) -> Examination:
    """Examines everything. `show` is called with Progress."""
    from .. import doctor

    def report(stage: str, fraction: float) -> None:
        if is_cancelled():
            raise Cancelled
        show(protocol.Progress(JOB, stage, fraction))

    return doctor.examine(device, report, blender)
