# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `run`: makes what a job file asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..shared import protocol, small_files
from ..shared.errors import BadRequest
from ..shared.protocol import Request
from .inbetween import make
from .options import Action, AsJson, Debug

Allow = Annotated[
    list[Path] | None,
    typer.Option("--allow", metavar="DIR", help="A further folder where the job may read and write; may be repeated."),
]


def run_file(
    job: Annotated[Path, typer.Argument(metavar="JOB.json", help="A file with the fields of a job.")],
    allow: Allow = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> Action:
    """Make the inbetweens a job file asks for; relative paths in it start at its own folder.

    All its paths have to lie in its own folder, or in those that are allowed.
    """
    return lambda output: make(read_job(job, allow or ()), as_json, output)


def read_job(path: Path, allowed: Sequence[Path] = ()) -> Request:
    """Reads the request in a job file, with absolute paths, all of them in its own folder or in one that is `allowed`.

    Raises BadRequest, or ProtocolError naming the field.
    """
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
    _check_inside([start, end, out, settings.matches], [folder, *allowed])
    return replace(request, start=start, end=end, out=out, conditions=settings)


def _check_inside(paths: Sequence[str], allowed: Sequence[Path]) -> None:
    """Raise BadRequest for a path that leads out of the allowed folders, by itself or through a link.

    A job file may come from somebody else; where it reads and writes is for whoever runs it to say.
    """
    folders = [folder.resolve() for folder in allowed]
    for path in filter(None, paths):
        try:
            real = Path(path).resolve()
        except (OSError, ValueError, RuntimeError):  # a NUL, or links in a ring
            raise BadRequest(f"The job names a path that cannot be used: {path!r:.200}", "Change the path.") from None
        if not any(real.is_relative_to(folder) for folder in folders):
            raise BadRequest(
                f"The job names a path outside its own folder: {path}",
                "If you trust the job, run it with --allow and that folder.",
            )
