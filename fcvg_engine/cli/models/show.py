# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that show models: list, licence."""

from __future__ import annotations

import textwrap
from typing import Annotated, TextIO

import typer

from ...shared import amounts
from ...shared.protocol import ModelInfo, ModelList
from .. import terminal
from ..options import JOB, Action, AsJson, Debug, UntilEof
from .output import infos, print_state

_WIDTH = 100  # characters

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model, as `models list` calls it.")]


def list_models(as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """List the models: what is there, its licence, commercial use, what it enables."""
    return listing(as_json)


def licence(name: Name, as_json: AsJson = False, until_eof: UntilEof = False, debug: Debug = False) -> Action:
    """Show what a model may be used for, what it was trained on and where it comes from."""

    def action(output: TextIO) -> None:
        from ...models import registry

        model = registry.known(name)
        if as_json:
            print_state([name], as_json, output)
        else:
            (info,) = infos([name])
            output.write(_details(info, model.licence.summary))

    return action


def listing(as_json: bool) -> Action:
    """Returns an action that prints all models."""

    def action(output: TextIO) -> None:
        found = infos()
        if as_json:
            terminal.print_message(ModelList(JOB, found), output)
            return
        headings = ("model", "state", "size", "commercial", "licence", "for")
        rows = [
            (each.name, each.state, _size(each), each.commercial, each.licence, ", ".join(each.enables))
            for each in found
        ]
        terminal.print_table(headings, rows, output, _WIDTH)
        output.write("\nMore about one of them: models licence NAME\n")

    return action


def _details(info: ModelInfo, summary: str) -> str:
    about = [
        ("licence", f"{info.licence}. {summary}"),
        ("", info.licence_url),
        ("consent", info.consent if info.consent[0].isalpha() else f"given on {info.consent}"),
        ("commercial use", f"{info.commercial}. {info.commercial_why}"),
        ("training data", info.training_data),
        ("for", ", ".join(info.enables)),
        ("from", info.origin),
        ("size", _size(info)),
        ("here", f"{info.state}, {info.path}"),
        ("note", info.note),
    ]
    lines = [info.title]
    for heading, text in about:
        if text:
            wrapped = textwrap.wrap(text, _WIDTH - 18, break_long_words=False, break_on_hyphens=False)
            lines += [f"  {heading if not number else '':16}{line}" for number, line in enumerate(wrapped)]
    return "\n".join(lines) + "\n"


def _size(info: ModelInfo) -> str:
    return amounts.in_words(info.size_bytes) if info.size_bytes else "?"
