# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands about models share: arguments, progress, and the state of models at the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from ...shared import protocol
from ...shared.errors import Cancelled
from ...shared.protocol import ModelInfo, ModelList
from .. import cancellation, terminal
from ..options import JOB, start_log

if TYPE_CHECKING:
    from ...transfer.rate import Rate

Report = Callable[[str, "Rate"], None]
Names = Annotated[list[str], typer.Argument(metavar="NAME…", help="Models, as `models list` calls them.")]
Accept = Annotated[bool, typer.Option("--accept", help="I have read the models' licences and accept them.")]


@contextmanager
def reporting(as_json: bool, until_eof: bool, output: TextIO) -> Iterator[Report]:
    """Gives the block a function that shows how far it is, and raises Cancelled when the command is to stop."""
    is_cancelled = cancellation.watch(until_eof)
    start_log(logging.CRITICAL)

    def message(stage: str, rate: Rate) -> protocol.Progress:
        if is_cancelled():
            raise Cancelled
        fraction = min(1.0, rate.done_bytes / rate.total_bytes) if rate.total_bytes else 0.0
        return protocol.Progress(JOB, stage, fraction, rate.eta_s, rate.done_bytes, rate.total_bytes, rate.bytes_per_s)

    if as_json:
        yield lambda stage, rate: terminal.print_message(message(stage, rate), output)
    else:
        with terminal.progress_bar() as show:
            yield lambda stage, rate: show(message(stage, rate))


def print_state(names: Sequence[str], as_json: bool, output: TextIO, notes: Sequence[str] = ()) -> None:
    """Prints how models are now: all of them for a program, those called `names` for a person."""
    if as_json:
        terminal.print_message(ModelList(JOB, infos(), list(notes)), output)
        return
    terminal.print_lines(notes, output)
    for each in infos(names):
        accepted = each.consent if each.consent in ("not needed", "needed") else f"accepted {each.consent}"
        licence_words = "" if accepted == "not needed" else f", licence {accepted}"
        terminal.print_lines([f"{each.title}: {each.state}{licence_words} ({each.path})"], output)


def infos(names: Sequence[str] | None = None) -> list[ModelInfo]:
    """Returns what is known of the models called `names`, or of all."""
    from ...models import catalogue

    return [each for each in catalogue.infos() if names is None or each.name in names]
