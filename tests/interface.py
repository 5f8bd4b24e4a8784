# SPDX-License-Identifier: GPL-3.0-or-later
"""What others rely on, as it was in version 0.1.0: names, defaults, numbers that are in files and scripts.

`interface_0.1.0.json` has it. What is in there stays as it is; more may come to it. Lists and texts are compared whole,
so what may grow is an object, words that may become more too (`words`).

Written with `python tests/engine/test_engine_interface.py` and `python tests/blender/test_addon_interface.py`, by that
version only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

SNAPSHOT = Path(__file__).with_name("interface_0.1.0.json")


def known(part: str) -> Any:
    """One part of the snapshot: `blender` or `engine`."""
    return json.loads(SNAPSHOT.read_bytes())[part]


def write(part: str, state: Any) -> None:
    """Put today's state of one part into the snapshot."""
    content = json.loads(SNAPSHOT.read_bytes()) if SNAPSHOT.is_file() else {}
    content[part] = state
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    SNAPSHOT.write_text(text + "\n", encoding="utf-8")


def lost(part: str, state: Any) -> list[str]:
    """What one part of the snapshot has that today's state has not, in sentences."""
    return changes(known(part), json.loads(json.dumps(state)))


def changes(before: Any, now: Any, where: str = "") -> list[str]:
    """A sentence for all that is not there any more or is not what it was."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        was, is_now = (json.dumps(each, ensure_ascii=False) for each in (before, now))
        return [] if before == now else [f"{where} was {was} and is {is_now} now."]
    found = []
    for name, value in before.items():
        here = f"{where} ▸ {name}" if where else name
        found += changes(value, now[name], here) if name in now else [f"{here} is gone."]
    return found


def words(names: Iterable[str]) -> dict[str, bool]:
    """Words that may become more."""
    return dict.fromkeys(names, True)


def options_of(run: Callable[[], Any]) -> dict[str, Any]:
    """The verbs of a command line that argparse reads, each with its options; `run` is what reads it."""
    parsers: list[argparse.ArgumentParser] = []

    def stop(parser: argparse.ArgumentParser, *_: Any) -> None:
        parsers.append(parser)
        raise _Read

    with mock.patch.object(argparse.ArgumentParser, "parse_args", stop), suppress(_Read):
        run()
    (parser,) = parsers
    (verbs,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    return {verb: _options(each) for verb, each in verbs.choices.items()}


class _Read(Exception):
    """A command line was about to be read."""


def _options(parser: argparse.ArgumentParser) -> dict[str, Any]:
    return {
        " ".join(each.option_strings) or each.dest: {
            "dest": each.dest,
            "default": each.default,
            "required": each.required,
            "nargs": each.nargs,
            "type": each.type.__name__ if each.type else None,
            "kind": type(each).__name__,
            "choices": words(map(str, each.choices)) if each.choices else None,
        }
        for each in parser._actions
        if not isinstance(each, argparse._HelpAction)
    }
