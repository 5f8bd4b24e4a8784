# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `run`: makes what a job file asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..shared import protocol
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
        if path.stat().st_size > protocol.MAX_LINE_BYTES:
            raise BadRequest(f"{path} is too long for a job file.", "Check that it is the right file.")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}.", "Check the job file's path.") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path} is no JSON: {error!s:.200}", "Check the job file.") from error
    request = protocol.parse_request(content)
    folder = path.absolute().parent
    start, end, out = (str(folder / each) if each else each for each in (request.start, request.end, request.out))
    matches = request.conditions.matches
    settings = replace(request.conditions, matches=str(folder / matches) if matches else "")
    return replace(request, start=start, end=end, out=out, conditions=settings)
