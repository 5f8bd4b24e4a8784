# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that change the models on this computer: download, verify, remove, accept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TextIO

import typer

from ...shared.errors import MissingModel
from ..options import Action, AsJson, Debug, UntilEof
from .output import Accept, Names, Report, print_state, reporting

SomeNames = Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", help="Models; else all that are there.")]


def download(
    names: Names,
    accept: Accept = False,
    as_json: AsJson = False,
    until_eof: UntilEof = False,
    debug: Debug = False,
) -> Action:
    """Download models, verified; one that was cut is gone on with."""

    def act(report: Report) -> list[str]:
        from ...models import fetching

        return fetching.download(names, report, accept=accept)

    return _changing(act, names, as_json, until_eof)


def verify(
    names: SomeNames = None, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False
) -> Action:
    """Read the models' files and compare them with what was published or downloaded first."""

    def action(output: TextIO) -> None:
        from ...models import registry, verifying

        chosen = names or list(registry.models())
        states: dict[str, str] = {}
        with reporting(as_json, until_eof, output) as report:
            for name in chosen:
                states[name] = verifying.verify(name, report)
        shown = chosen if names else [name for name in chosen if states[name] != "missing"]
        print_state(shown, as_json, output)
        damaged = [name for name in chosen if states[name] == "damaged"]
        if damaged and not as_json:
            raise MissingModel(f"Damaged: {', '.join(damaged)}.", f"Run: models download {' '.join(damaged)}")

    return action


def remove(names: Names, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """Delete downloaded models, and forget imported ones, whose files stay. So does what was put there or changed."""

    def act(report: Report) -> list[str]:
        from ...models import removing

        return [note for name in names for note in removing.remove(name, report)]

    return _changing(act, names, as_json, until_eof)


def accept(names: Names, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """Accept the licences of models, once and for all. Read them first: models licence NAME."""

    def act(report: Report) -> list[str]:
        from ...models import consent, registry

        for model in [registry.known(name) for name in names]:
            consent.give_once(model)
        return []

    return _changing(act, names, as_json, until_eof)


def _changing(act: Callable[[Report], list[str]], names: Sequence[str], as_json: bool, until_eof: bool) -> Action:
    """Returns an action that changes models by `act` and then prints its notes and how they are."""

    def action(output: TextIO) -> None:
        with reporting(as_json, until_eof, output) as report:
            notes = act(report)
        print_state(names, as_json, output, notes)

    return action
