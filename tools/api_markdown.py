# SPDX-License-Identifier: GPL-3.0-or-later
"""What both halves of the API pages are made of: tables, paragraphs, and command lines read by argparse."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from unittest import mock


def generated(title: str, command: str, about: str) -> str:
    """The head of a page."""
    return (
        f"# {title}\n\n<!-- Written by `{command}`. Do not edit: change the code, then run it again. -->\n\n{about}\n"
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; '' without rows."""
    rows = list(rows)
    if not rows:
        return ""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(text: str) -> str:
    """A text that stays within its cell."""
    return " ".join(text.replace("|", "\\|").split())


def code(text: str) -> str:
    """The text as it is typed."""
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    """Words that are typed, with commas."""
    return ", ".join(code(str(each)) for each in texts)


def paragraphs(documentation: str | None) -> str:
    """A docstring as Markdown: paragraphs without the line ends of the source."""
    parts = inspect.cleandoc(documentation or "").split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)


def first_line(documentation: str | None) -> str:
    """The first sentence of a docstring, which says what it is about."""
    return paragraphs(documentation).partition("\n")[0]


def section(*parts: str) -> str:
    """Parts of a page one below the other, those that are empty left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def subcommands(run: Callable[[], Any]) -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """Of a command line that argparse reads when `run` is called: verb → what it does, and its parser."""
    parsers: list[argparse.ArgumentParser] = []

    def stop(parser: argparse.ArgumentParser, *_: Any) -> None:
        parsers.append(parser)
        raise _Read

    with mock.patch.object(argparse.ArgumentParser, "parse_args", stop), suppress(_Read):
        run()
    (parser,) = parsers
    (verbs,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    purposes = {each.dest: each.help or "" for each in verbs._choices_actions}
    return {verb: (purposes.get(verb, ""), below) for verb, below in verbs.choices.items()}


class _Read(Exception):
    """A command line was about to be read."""


def options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, str]]:
    """Each argument of a verb: how it is written, its default, what it means."""
    for each in parser._actions:
        if isinstance(each, argparse._HelpAction):
            continue
        name = each.option_strings[0] if each.option_strings else str(each.metavar or each.dest)
        yield code(f"{name} {_value(each)}".strip()), _default(each), each.help or ""


def _value(action: argparse.Action) -> str:
    """What follows the name of an option."""
    if not action.option_strings or action.nargs == 0:
        return ""
    if action.choices:
        return "|".join(map(str, action.choices))
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    return f"{action.metavar or action.dest.upper()}{' …' if action.nargs == '+' else ''}"


def _default(action: argparse.Action) -> str:
    if action.required:
        return "has to be given"
    return "" if action.default in (None, "", False, []) else code(str(action.default))
