# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `models report`: what made the frames of a delivery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TextIO

import typer

from .. import cancellation, terminal
from ..options import Action, Debug, UntilEof
from .output import print_state


def report_models(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of frames, or of such folders.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write that there instead of printing it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")] = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """List the models and licences that made the frames below a folder, for a delivery."""

    def action(output: TextIO) -> None:
        from ...models import delivery_report, report_file

        cancellation.watch(until_eof)
        rows = delivery_report.rows(folder)
        if out is not None:
            notes = report_file.write(out, delivery_report.as_csv(rows) if as_csv else delivery_report.text(rows))
            print_state([], as_json, output, notes)
        elif as_json:
            terminal.print_json(delivery_report.as_json(rows), output)
        else:
            output.write(delivery_report.as_csv(rows) if as_csv else delivery_report.text(rows))

    return action
