# SPDX-License-Identifier: GPL-3.0-or-later
"""Of the engine nothing is lost that others rely on: its command line, its messages, its errors, its installer."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import interface
import pytest
import typer

from fcvg_blender.installer import install
from fcvg_engine.cli import app
from fcvg_engine.shared import errors, manifest, methods, protocol

# Words that requests and reports are made of.
WORDS = ("METHODS", "TIMINGS", "FORMATS", "DEVICES", "LINES", "POSES", "PRESETS", "COMMERCIAL")


def state() -> dict[str, Any]:
    """All of it, as it is now."""
    return {
        "commands": _command(typer.main.get_command(app.app)),
        "protocol": {
            "version": protocol.VERSION,
            "longest line": protocol.MAX_LINE_BYTES,
            "most frames": protocol.MAX_COUNT,
            "holds": list(protocol.HOLDS),
            "words": {name: interface.words(getattr(protocol, name)) for name in WORDS}
            | {"GENERATIVE": interface.words(methods.GENERATIVE)},
            "to the engine": {name: cls.__name__ for name, cls in protocol.TO_ENGINE.items()},
            "to Blender": {name: cls.__name__ for name, cls in protocol.TO_BLENDER.items()},
            "from commands": {name: cls.__name__ for name, cls in protocol.FROM_COMMANDS.items()},
            "final": interface.words(cls.__name__ for cls in (*protocol.FINAL, *protocol.RESULTS)),
            "messages": {cls.__name__: _message(cls) for cls in vars(protocol).values() if _is_message(cls)},
        },
        "errors": {
            cls.__name__: {"code": cls.code, "exit code": cls.exit_code}
            for cls in (errors.FcvgError, *_below(errors.FcvgError))
            if cls.__module__.startswith("fcvg_engine.")
        },
        "manifest": {"version": manifest.VERSION},
        "installer": interface.options_of(_installer),
    }


def _command(command: Any) -> dict[str, Any]:
    """A command of the command line with its parameters, and those below it."""
    found: dict[str, Any] = {
        "parameters": {" ".join((*each.opts, *each.secondary_opts)): _parameter(each) for each in command.params}
    }
    if hasattr(command, "commands"):
        found["commands"] = {name: _command(each) for name, each in command.commands.items()}
        found["alone"] = command.invoke_without_command
    return found


def _parameter(parameter: Any) -> dict[str, Any]:
    default = parameter.default
    return {
        "kind": parameter.param_type_name,
        "default": default if isinstance(default, str | int | float | list) else None,
        "required": parameter.required,
        "nargs": parameter.nargs,
        "flag": bool(getattr(parameter, "is_flag", False)),
        "several": bool(getattr(parameter, "multiple", False)),
    }


def _is_message(cls: Any) -> bool:
    return isinstance(cls, type) and dataclasses.is_dataclass(cls)


def _message(cls: Any) -> dict[str, Any]:
    """A message, or a part of one: its word, and its fields in the order in which they are given."""
    types = {name: _written(hint) for name, hint in typing.get_type_hints(cls).items()}
    fields = dataclasses.fields(cls)
    return {
        "word": getattr(cls, "type", None),
        "fields": {each.name: {"type": types[each.name], "default": _default(each)} for each in fields},
    }


def _written(hint: Any) -> str:
    """A type without the module that it is defined in."""
    origin, arguments = typing.get_origin(hint), [_written(each) for each in typing.get_args(hint)]
    if origin in (list, dict):
        return f"{origin.__name__}[{', '.join(arguments)}]"
    return " | ".join(arguments) or str(hint.__name__)


def _default(field: Any) -> Any:
    """What a message has where the field is left out; a sentence where it must not be."""
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is dataclasses.MISSING:
        return "it has to be given"
    made = field.default_factory()
    return dataclasses.asdict(made) if dataclasses.is_dataclass(made) else made


def _below(cls: type) -> Iterator[Any]:
    for each in cls.__subclasses__():
        yield each
        yield from _below(each)


def _installer() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["install"])
        install.main()


def test_nothing_that_others_rely_on_has_changed() -> None:
    lost = interface.lost("engine", state())
    assert not lost, "\n".join(lost)


def test_the_snapshot_knows_the_commands_and_their_defaults() -> None:
    """So that what is compared is not empty."""
    known = interface.known("engine")
    commands = known["commands"]["commands"]
    assert set(commands) == {"inbetween", "conditions", "examine", "run", "serve", "doctor", "models"}
    assert commands["inbetween"]["parameters"]["--format"]["default"] == "png"
    assert "download" in commands["models"]["commands"]
    assert known["protocol"]["messages"]["Request"]["fields"]["hold"] == {"type": "int", "default": 1}
    assert known["errors"]["OutOfMemory"] == {"code": "out_of_memory", "exit code": 4}
    assert known["installer"]["install"]["--accelerator"]["default"] == "auto"


def test_what_is_lost_or_changed_is_named_and_what_is_new_is_not() -> None:
    known = {"hold": {"default": 1, "choices": {"1": True, "2": True}}, "seed": {"default": 0}}
    now = {"hold": {"default": 2, "choices": {"1": True, "2": True, "4": True}}, "tilt": {}}
    assert interface.changes(known, now) == ["hold ▸ default was 1 and is 2 now.", "seed is gone."]


if __name__ == "__main__":
    interface.write("engine", state())
