# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `run`: makes what a job file asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..shared import protocol, small_files
from ..shared.errors import BadRequest
from ..shared.protocol import Request
from .inbetween import make
from .options import Action, AsJson, Debug


def run_file(
    job: Annotated[Path, typer.Argument(metavar="JOB.json", help="A file with the fields of a job.")],
    as_json: AsJson = False,
    debug: Debug = False,
) -> Action:
    """Make the inbetweens a job file asks for; relative paths in it start at its own folder."""
    return lambda output: make(read_job(job), as_json, output)


def read_job(path: Path) -> Request:
    """Reads the request in a job file, with absolute paths. Raises BadRequest, or ProtocolError naming the field."""
    try:
        content = small_files.read_json(path, protocol.MAX_LINE_BYTES)
    except OSError as error:
        raise BadRequest(
            f"The job file {path} cannot be read: {error.strerror or error}.", "Give the path of a job file."
        ) from error
    except ValueError as error:
        raise BadRequest(f"{path} is no JSON: {error!s:.200}", "Check the job file.") from error
    request = protocol.parse_request(content)
    folder = path.absolute().parent
    start, end, out = (str(folder / each) if each else each for each in (request.start, request.end, request.out))
    matches = request.conditions.matches
    settings = replace(request.conditions, matches=str(folder / matches) if matches else "")
    return replace(request, start=start, end=end, out=out, conditions=settings)
