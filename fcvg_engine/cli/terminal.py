# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints for a person at a terminal: the progress bar, tables, errors; and the JSON that programs read instead."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from ..examine import advice
from ..shared import amounts, protocol
from ..shared.errors import Cancelled, DiskError, FcvgError
from ..shared.plain_text import plain
from ..shared.protocol import Examined, Finding, Message
from ..transfer.addresses import CleanText, cleaned, cleaned_all

_MARKS = {"ok": "✓", "info": "·", "warning": "!", "error": "✗"}
_WIDE = 200  # characters, where the output is no terminal


class PlainOutput(CleanText):
    """Standard output. All that is written to it is made plain: names and paths come from anywhere, and a terminal
    obeys them.

    Writing raises Cancelled when nobody reads it any more, and DiskError when its disk is full or gone. After that all
    is dropped.
    """

    def write(self, text: str) -> int:
        """Write `text`."""
        with self._explained():
            return super().write(plain(text, lines=True))

    def flush(self) -> None:
        """Write what is buffered."""
        with self._explained():
            super().flush()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            _drop(self.fileno())
            if isinstance(error, BrokenPipeError):
                raise Cancelled("Nobody reads the output any more.") from error
            raise DiskError(
                f"The output cannot be written: {error.strerror or error}.", "Free some space, or write it elsewhere."
            ) from error


@contextmanager
def progress_bar() -> Iterator[Callable[[Message], None]]:
    """In the block, shows Progress messages as a bar on stderr; shows nothing if stderr is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[more]}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0, more="")

        def show(message: Message) -> None:
            if isinstance(message, protocol.Progress):
                bar.update(task, description=plain(message.stage), completed=message.fraction, more=_more(message))

        yield show


def _more(progress: protocol.Progress) -> str:
    """The bytes, the rate and the time left, as far as they are known."""
    parts = []
    if progress.total_bytes:
        parts.append("{} of {} {}".format(*amounts.share(progress.done_bytes, progress.total_bytes)))
    if progress.bytes_per_s:
        parts.append(f"{amounts.in_words(progress.bytes_per_s)}/s")
    if progress.eta_s is not None:
        parts.append(f"{progress.eta_s:.0f} s left")
    return ", ".join(parts)


def print_message(message: Message, output: TextIO) -> None:
    """Prints one message as a line of JSON, without secrets."""
    output.write(protocol.encode(cleaned_all(message)).decode("ascii"))
    output.flush()


def print_lines(lines: Iterable[str], output: TextIO) -> None:
    """Prints each text on one line, whatever is in it."""
    output.writelines(f"{_one_line(line)}\n" for line in lines)


def print_json(content: object, output: TextIO) -> None:
    """Prints one JSON document on one line, without secrets."""
    output.write(json.dumps(cleaned_all(content)) + "\n")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], output: TextIO, width: int = _WIDE) -> None:
    """Prints a table. Values are folded, never cut, to the width of the terminal; without a terminal, to `width`."""
    drawn = io.StringIO()
    columns = shutil.get_terminal_size().columns if output.isatty() else width
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(plain(cleaned(cell)) for cell in row))  # before an address is folded
    Console(file=drawn, width=columns, markup=False, highlight=False).print(table)
    output.write(drawn.getvalue())


def print_findings(findings: Sequence[Finding], mistakes: Sequence[Finding], output: TextIO) -> None:
    """Prints the doctor's findings as a table, then the mistakes that explain them, each with its cure."""
    print_table(("", "what", "found"), [(_MARKS[each.state], each.subject, each.text) for each in findings], output)
    for each in mistakes:
        output.write(f"\n{_MARKS[each.state]} {_one_line(each.text)}\n  {_one_line(each.hint)}\n")


def print_examined(examined: Examined, output: TextIO) -> None:
    """Prints the sentence about two keys, why a method suits them, and what each method would cost."""
    output.write(f"{_MARKS[examined.state]} {_one_line(examined.sentence)}\n{_one_line(examined.reason)}\n\n")
    rows = [
        (
            each.method,
            advice.duration(each.seconds),
            amounts.in_words(each.memory_bytes),
            "measured here" if each.measured else "typical",
            each.lacking or ("" if each.fits else "Too little memory is free."),
        )
        for each in examined.estimates
    ]
    print_table(("method", "time", "memory", "", ""), rows, output)


def print_error(error: FcvgError) -> None:
    """Prints the message and its hint on stderr, one line each."""
    hint = f"hint: {_one_line(error.hint)}\n" if error.hint else ""
    _complain(f"error: {_one_line(error.message)}\n{hint}")


def print_traceback(error: BaseException) -> None:
    """Prints where an error came from on stderr."""
    _complain(plain("".join(traceback.format_exception(error)), lines=True))


def _complain(text: str) -> None:
    """Writes on stderr, which may be a full disk too; the exit code is left then."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _drop(2)


def _drop(descriptor: int) -> None:
    """Lets what is written to a descriptor vanish: what is buffered for it is still written at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _one_line(text: str) -> str:
    return plain(" ".join(text.split()))
