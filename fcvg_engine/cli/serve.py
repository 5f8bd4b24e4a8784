# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `serve`: the worker behind Blender."""

from __future__ import annotations

import faulthandler
import logging
import signal
from typing import Annotated, TextIO

import typer

from .. import server
from .options import Action, Debug, start_log


def serve(
    idle_s: Annotated[
        float, typer.Option(min=0, max=server.LONGEST_IDLE_S, help="Leave after this many seconds without work.")
    ] = server.IDLE_S,
    debug: Debug = False,
) -> Action:
    """Serve Blender on standard input and output."""

    def action(output: TextIO) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in Blender's terminal is for Blender
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # works even while the interpreter is busy
        faulthandler.enable()  # a crash in a library leaves its trace in the log
        server.make_stderr_lossy()
        start_log(logging.INFO)
        server.serve(0, output.fileno(), idle_s)

    return action
