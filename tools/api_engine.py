# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/api/engine.md: the engine's command line, the installer's, messages, words, errors, methods. No bpy."""

from __future__ import annotations

import dataclasses
import json
import sys
import typing
from collections.abc import Iterator
from typing import Any
from unittest import mock

import typer

from fcvg_blender.installer import install
from fcvg_engine.cli import app
from fcvg_engine.models import registry
from fcvg_engine.shared import errors, methods, protocol
from tools.api_markdown import code, codes, first_line, generated, options, paragraphs, section, subcommands, table

WORDS = {
    "METHODS": "methods; `auto` looks at the keys and takes a draft method",
    "TIMINGS": "curves of a timing chart; instead of a word there may be a list of times",
    "FORMATS": "files of the drawings",
    "DEVICES": "what computes",
    "HOLDS": "frames for which a drawing is held",
    "LINES": "ways to match lines",
    "POSES": "ways to find people",
    "PRESETS": "what a generative method spends, memory or time",
    "COMMERCIAL": "whether a model may be used for paid work",
}
SHARED = {
    "--json": "print JSON instead, one [message](#messages) a line; the last one is the final report",
    "--until-eof": "stop when standard input ends: so a command ends with the program that has started it",
    "--debug": "show tracebacks and the log",
}
ABOUT = (
    "What the engine takes and says. Examples, environment variables, the files that it writes: [api.md](../api.md). "
    "Names, defaults and numbers that version 0.1.0 had stay as they are; more may come."
)


def page() -> str:
    """The whole page."""
    return section(
        generated("The engine: commands, messages, errors", "tools/api_page.py engine", ABOUT),
        "## Command line\n\n`python -m fcvg_engine COMMAND …` with the engine's Python. Results go to standard output, "
        "progress and errors to standard error. The exit code is that of the [error](#errors), 0 when all went well. "
        "Options that several commands share:",
        table(("option", "meaning"), ((code(name), meaning) for name, meaning in SHARED.items())),
        *_commands(typer.main.get_command(app.app), "fcvg_engine"),
        "## The installer\n\n`python -m fcvg_blender.engine.install VERB …` with Python 3.11 to 3.13, from the "
        "unpacked add-on; it needs nothing but the standard library.",
        *_installer(),
        "## Messages\n\nOne JSON object a line, UTF-8, at most "
        f"{protocol.MAX_LINE_BYTES:,} bytes. Version {protocol.VERSION} of the protocol. Each has a `type`, the word "
        "above its table, and a `job`: an id that the client chose, `null` where no job is meant. A field without a "
        "default has to be there; a field that is not listed is refused.",
        _messages("To the engine", "What `serve` reads on standard input.", protocol.TO_ENGINE),
        _messages("From the engine", "What `serve` writes to standard output.", protocol.TO_BLENDER),
        _messages(
            "From commands",
            "What commands with `--json` print beside `progress`, `frame`, `preview`, `done`, `examined`, `failed` and "
            "`cancelled`. The last line is the final one.",
            {name: cls for name, cls in protocol.FROM_COMMANDS.items() if name not in protocol.TO_BLENDER},
        ),
        "### Parts of messages",
        *map(_part, _parts()),
        f"## Words\n\nA job makes at most {protocol.MAX_COUNT} inbetweens.",
        table(
            ("in the code", "words", "they are"), ((code(n), codes(getattr(protocol, n)), t) for n, t in WORDS.items())
        ),
        _errors(),
        _methods(),
    )


def _commands(command: Any, name: str) -> Iterator[str]:
    """A command with its options, then those below it."""
    arguments = [each for each in command.params if _is_argument(each)]
    below = getattr(command, "commands", {})
    if not below or command.params:
        yield f"### `{' '.join((name, *map(_metavar, arguments)))}`"
        yield paragraphs(command.help)
        others = [each for each in command.params if not _is_argument(each)]
        own = [each for each in others if each.opts[0] not in SHARED]
        yield table(("argument", "meaning"), ((code(_metavar(each)), each.help or "") for each in arguments))
        yield table(("option", "default", "meaning"), map(_parameter, own))
        yield f"Also {codes(each.opts[0] for each in others if each not in own)}."
    for word, each in below.items():
        yield from _commands(each, f"{name} {word}")


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _parameter(parameter: Any) -> tuple[str, str, str]:
    is_flag = bool(getattr(parameter, "is_flag", False))
    value = "" if is_flag else parameter.metavar or parameter.opts[0].strip("-").upper().replace("-", "_")
    default = parameter.default
    if parameter.required:
        written = "has to be given"
    elif is_flag or default in (None, ""):
        written = ""
    else:
        written = code(f"{default:g}" if isinstance(default, float) else str(default))
    return code(f"{parameter.opts[0]} {value}".strip()), written, parameter.help or ""


def _installer() -> Iterator[str]:
    with mock.patch.object(sys, "argv", ["install"]):
        verbs = subcommands(install.main)
    yield table(("verb", "what it does"), ((code(verb), purpose) for verb, (purpose, _) in verbs.items()))
    told = {verb: list(options(parser)) for verb, (_, parser) in verbs.items()}
    shared = next(iter(told.values()))
    assert all(each == shared for each in told.values()), "verbs with options of their own: give each a table"
    yield table(("option", "default", "meaning"), shared)


def _messages(title: str, about: str, known: dict[str, Any]) -> str:
    return section(f"### {title}\n\n{about}", *(_message(word, cls) for word, cls in known.items()))


def _message(word: str, cls: Any) -> str:
    fields = [each for each in dataclasses.fields(cls) if each.name != "job"]
    nothing = "" if fields else "No fields beside `job`."
    return section(f"#### `{word}`", paragraphs(cls.__doc__), _fields(cls, fields), nothing)


def _parts() -> list[Any]:
    """Dataclasses that are fields of messages, in the order in which the messages need them."""
    found: dict[Any, None] = {}
    queue = [*protocol.TO_ENGINE.values(), *protocol.TO_BLENDER.values(), *protocol.FROM_COMMANDS.values()]
    for cls in queue:
        for hint in typing.get_type_hints(cls).values():
            for each in (hint, *typing.get_args(hint)):
                if dataclasses.is_dataclass(each) and each not in found:
                    found[each] = None
                    queue.append(each)  # type: ignore[arg-type]
    return list(found)


def _part(cls: Any) -> str:
    return section(f"#### {cls.__name__}", paragraphs(cls.__doc__), _fields(cls, dataclasses.fields(cls)))


def _fields(cls: Any, fields: Any) -> str:
    hints = typing.get_type_hints(cls)
    rows = ((code(each.name), _written_type(hints[each.name]), _default(each)) for each in fields)
    return table(("field", "type", "default"), rows)


def _written_type(hint: Any) -> str:
    """A type as JSON has it; parts of messages are linked."""
    if dataclasses.is_dataclass(hint):
        name = hint.__name__  # type: ignore[union-attr]
        return f"[{name}](#{name.lower()})"
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return f"list of {_written_type(arguments[0])}"
    if origin is dict:
        return f"object: {_written_type(arguments[0])} → {_written_type(arguments[1])}"
    if arguments:
        return " or ".join(map(_written_type, arguments))
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null"}
    return names[hint]


def _default(field: Any) -> str:
    if field.default is not dataclasses.MISSING:
        return code(_json(field.default))
    if field.default_factory is dataclasses.MISSING:
        return ""
    made = field.default_factory()
    return "its own defaults" if dataclasses.is_dataclass(made) else code(_json(made))


def _json(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _errors() -> str:
    found = sorted(_below(errors.FcvgError), key=lambda cls: (cls.exit_code, cls.code))
    rows = [(code(cls.code), code(str(cls.exit_code)), first_line(cls.__doc__)) for cls in found]
    base = errors.FcvgError
    rows.insert(0, (code(base.code), code(str(base.exit_code)), "Everything else: an error that nobody foresaw."))
    return section(
        "## Errors\n\nThe code is stable and is what programs test; `message` and `hint` are for people and may "
        "change. Argument errors of the command line are `bad_request`.",
        table(("code", "exit code", "meaning"), rows),
    )


def _below(cls: type) -> Iterator[Any]:
    for each in cls.__subclasses__():
        if each.__module__.startswith("fcvg_engine.shared."):
            yield each
            yield from _below(each)


def _methods() -> str:
    needs = registry.needs()
    rows = (
        (code(name), "generative" if each.generative else "draft", each.purpose, codes(needs.get(name, ())))
        for name, each in methods.METHODS.items()
    )
    return section("## Methods", table(("method", "kind", "good for", "models that it needs"), rows))
