# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the job of a command to its end, and prints what becomes of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TextIO

from ..core import loading
from ..shared.protocol import Done, Message, Request
from . import cancellation, terminal
from .options import JOB, start_log


def run_job(job: str, request: Request, as_json: bool, output: TextIO, summary: Callable[[Done], str]) -> None:
    """Runs the job of the module `job`, `jobs.inbetween` or `jobs.draw_conditions`. Raises what it raises.

    Prints its messages with `as_json`, else a progress bar and then the `summary` and the notes of its final report.
    """
    start_log(logging.CRITICAL)
    is_cancelled = cancellation.watch()

    def print_event(message: Message) -> None:
        terminal.print_message(message, output)

    with loading.cancellable(is_cancelled):
        run: Callable[..., Done] = loading.load_own(job).run
        if as_json:
            print_event(run(request, JOB, print_event, is_cancelled))
            return
        with terminal.progress_bar() as show:
            done = run(request, JOB, show, is_cancelled)
    terminal.print_lines([summary(done), *done.notes], output)
