# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as lines of JSON, and back with every type checked. Standard library only."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from dataclasses import MISSING, asdict, fields
from typing import Any, Union

from .. import small_files
from ..errors import ProtocolError
from .worker_messages import Message, Request

MAX_LINE_BYTES = 1 << 20


def encode(message: Message) -> bytes:
    """One line, newline included. Raises ProtocolError when it would be longer than `MAX_LINE_BYTES`."""
    line = json.dumps({"type": message.type, **asdict(message)}, allow_nan=False, ensure_ascii=True)
    if len(line) >= MAX_LINE_BYTES:
        raise ProtocolError(f"A {message.type} message of {len(line)} bytes is longer than {MAX_LINE_BYTES}.")
    return line.encode("ascii") + b"\n"


def decode(line: bytes, known: dict[str, type[Message]]) -> Message:
    """The message in one line (with or without its newline), one of the types `known`.

    Raises ProtocolError on anything else: too long, not UTF-8, not JSON, a number that is none or has more than 64
    bits, nested too deep, unknown type, unknown, missing or wrongly typed field. Texts may hold anything.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ProtocolError(f"A message of {len(line)} bytes is longer than {MAX_LINE_BYTES}.")
    content = _parse_object(line)
    kind = content.pop("type", None)
    if not isinstance(kind, str) or kind not in known:
        raise ProtocolError(f"Unknown message type {kind!r:.100}.")
    message: Message = _build(known[kind], content, kind)
    return message


def parse_request(content: object) -> Request:
    """A Request from parsed JSON, types checked. Raises ProtocolError naming the field."""
    request: Request = _build(Request, content, "job")
    return request


def _parse_object(line: bytes) -> dict[str, Any]:
    try:
        content = small_files.parse_json(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ProtocolError("A message is not UTF-8.") from None
    except ValueError as error:
        raise ProtocolError(f"A message is not JSON: {error!s:.200}") from None
    if not isinstance(content, dict):
        raise ProtocolError("A message is not a JSON object.")
    return content


def _build(cls: Any, content: object, where: str) -> Any:
    if not isinstance(content, dict):
        raise ProtocolError(f"{where} is not an object.")
    hints = _hints(cls)
    declared = {f.name: f for f in fields(cls)}
    for name in content:
        if name not in declared:
            raise ProtocolError(f"{where} has no field {name!r:.100}.")
    values = {}
    for name, declaration in declared.items():
        if name in content:
            values[name] = _convert(hints[name], content[name], f"{where}.{name}")
        elif declaration.default is MISSING and declaration.default_factory is MISSING:
            raise ProtocolError(f"{where} lacks its field {name!r}.")
    return cls(**values)


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _convert(hint: Any, value: Any, where: str) -> Any:
    """`value` checked against the annotation `hint`; ints are taken for floats, bools never for ints."""
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        for option in typing.get_args(hint):
            try:
                return _convert(option, value, where)
            except ProtocolError:
                continue
    elif origin is list:
        (item,) = typing.get_args(hint)
        if isinstance(value, list):
            return [_convert(item, each, f"{where}[{i}]") for i, each in enumerate(value)]
    elif dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    elif origin is dict:
        _, item = typing.get_args(hint)
        if isinstance(value, dict):
            return {name: _convert(item, each, f"{where}.{name}") for name, each in value.items()}
    elif hint is float:
        if (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < 2**53):
            return float(value)
    elif hint is type(None):
        if value is None:
            return None
    elif type(value) is hint:
        return value
    raise ProtocolError(f"{where} is of the wrong type ({type(value).__name__}).")
