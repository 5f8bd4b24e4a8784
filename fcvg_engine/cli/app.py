# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: inbetween, conditions, examine, run, serve, doctor, models.

A command only reads its arguments and returns an action, which runs when parsing is over. So help goes to the real
standard output, what libraries print never does, and all errors end in the same place.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from .. import __version__, server
from ..core import thread_limit
from ..shared import errors
from ..shared.errors import BadRequest, Cancelled
from ..shared.protocol import CancelledReport
from ..transfer.addresses import CleanText
from . import models, terminal
from .conditions import conditions
from .doctor import doctor
from .examine import examine
from .inbetween import inbetween
from .job_file import run_file
from .options import JOB, Debug, is_debugging
from .serve import serve

# The class that usage errors share; newer versions of typer carry click inside, so it is found through a public child.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def run(arguments: list[str], output_fd: int) -> int:
    """Runs one command and returns its exit code, see `errors`. `output_fd` is the real standard output.

    No password and no token goes out, neither there nor into the log.
    """
    output = terminal.PlainOutput.onto(output_fd)
    thread_limit.fit_libraries()
    with contextlib.redirect_stderr(CleanText.onto(sys.stderr.fileno(), sys.stderr.encoding, by_line=True)):
        return _run(arguments, output)


def _run(arguments: list[str], output: TextIO) -> int:
    try:
        with contextlib.redirect_stdout(output):  # help is printed while parsing
            action = app(arguments or ["--help"], prog_name="fcvg-engine", standalone_mode=False)
        if callable(action):
            _require_current_folder()
            action(output)
        output.flush()
    except _UsageError as error:
        problem = BadRequest(error.format_message(), "See --help.")  # type: ignore[attr-defined]
        return _complain(problem, "--json" in arguments, output)
    except KeyboardInterrupt:
        return _complain(Cancelled(), "--json" in arguments, output)
    except Exception as error:  # the user is told
        return _complain(error, "--json" in arguments, output)
    return 0


def _require_current_folder() -> None:
    """Raise BadRequest where the current folder was deleted: relative paths lead nowhere then, and torch ends the
    program without a word of ours."""
    try:
        Path.cwd()
    except OSError:
        raise BadRequest("The current folder is not there any more.", "Go to another one, and run again.") from None


def _complain(error: Exception, as_json: bool, output: TextIO) -> int:
    """Prints what went wrong; returns the exit code."""
    if as_json:
        final = CancelledReport(JOB) if isinstance(error, Cancelled) else server.failure(JOB, error)
        terminal.print_message(final, output)
    if is_debugging():
        terminal.print_traceback(error)
    explained = errors.explain(error)
    terminal.print_error(explained)
    return explained.exit_code


def _print_version(chosen: bool) -> None:
    if chosen:
        typer.echo(f"fcvg-engine {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(models.app, name="models")


@app.callback()
def _common(debug: Debug = False, version: Version = False) -> None:
    """Draws the frames between two key images."""


app.command()(inbetween)
app.command()(conditions)
app.command()(examine)
app.command("run")(run_file)
app.command()(serve)
app.command()(doctor)
