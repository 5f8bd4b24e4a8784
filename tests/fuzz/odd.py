# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd values, texts, JSON and files, as a damaged disk, another version or somebody hostile leaves them."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

WHOLE = (-(2**31), -1_000_000, -1, 0, 1, 2, 3, 4, 5, 999, 1000, 1001, 1003, 2**16, 10**9, 2**31 - 1)
LARGE = (*WHOLE, 2**32, 2**53, 2**63, 2**64, -(2**64), 10**30)
REAL = (0.0, -0.0, 0.5, 1.0, -1.0, 1e-300, 1e300, -1e300, float("nan"), float("inf"), float("-inf"), 0.1 + 0.2, 5e-324)
WORDS = (
    *("", "DONE", "RUNNING", "WAITING", "ASKING", "INCOMPLETE", "FOO", "START", "END", "BOTH", "GAP", "LOST"),
    *("auto", "rife", "fcvg", "gi", "dissolve", "bounce", "png", "png16", "exr", "jpg", "tiff", "linear", "ease-in"),
    *("0.25,0.5,0.75", "0.5", "0.5,abc", "nan,inf", "-1,2", ",", "1e999", "0," * 3000, "aa-bb-4.5", "a-b", "-", "--"),
    *("PUSH", "CENTRED", "OVER_END", "1", "id1", "true", "null", "[]", "{}", '{"conditions": 5, "sampling": [1]}'),
    *('{"sampling": {"steps": 1e999}}', '{"sampling": {"steps": "9", "fps": null, "preset": []}}', '[{"title": 3}]'),
    *('"x"', "[" * 2000, '[{"title": "RIFE", "licence": {"a": 1}}]', '{"title": "x"}'),
)
PATHS = (
    *("..", "../..", "../../x", ".", "/", "//", "///", "/etc", "/proc/self", "/dev/zero", "/dev/null", "C:\\x", "a/b"),
    *("a\\b", "~", "~nobody/x", "//server/share", "CON", "x" * 300, "//inbetweens/../..", "/nonexistent/mount/x"),
)
TEXTS = (
    *("\x1b[31mred", "\x1b]0;title\x07", "\u202egnp.exe", "\u2066x", "\u200b", "\x85", "\u2028", "\n", "\r", "\t"),
    *(
        "$(touch pwned)",
        "`id`",
        "%s%n",
        "{0}",
        "{count}",
        "{",
        "}",
        "=cmd()",
        "@x",
        "é汉字😀",
        "A" * 20_000,
        "“x” is y.",
    ),
    *("“{earlier}” and “{later}” overlap by 1 frame.", "“” “" * 500, "a. " * 900, "No. " * 100),
)
SURROGATES = ("\ud800", "x\udfffy", "\udc80")


def text(chance: random.Random, surrogates: bool = True) -> str:
    """Any text; without `surrogates` one that is UTF-8."""
    pools: list[tuple[str, ...]] = [WORDS, PATHS, TEXTS, TEXTS]
    if surrogates:
        pools.append(SURROGATES)
    found = "".join(chance.choice(chance.choice(pools)) for _ in range(chance.choice((1, 1, 1, 2, 3))))
    if chance.random() < 0.1:
        found += chr(chance.randrange(1, 0xD800))
    return found


def scalar(chance: random.Random) -> Any:
    """Something that JSON can say in one word."""
    return chance.choice((None, True, False, chance.choice(LARGE), chance.choice(REAL), text(chance), text(chance)))


def thing(chance: random.Random, depth: int = 3) -> Any:
    """Anything that JSON can say."""
    kind = chance.randrange(8) if depth else 0
    if kind == 0:
        return [thing(chance, depth - 1) for _ in range(chance.randrange(4))] if depth else scalar(chance)
    if kind == 1:
        return {text(chance): thing(chance, depth - 1) for _ in range(chance.randrange(4))}
    if kind == 2:
        return [scalar(chance)] * chance.choice((0, 1, 30, 3000))
    return scalar(chance)


def changed(chance: random.Random, value: Any) -> Any:
    """The same JSON with something else in one place or a few."""
    value = json.loads(json.dumps(value))
    for _ in range(chance.choice((1, 1, 2, 5))):
        value = _changed_once(chance, value)
    return value


def _changed_once(chance: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        deed = chance.random()
        if deed < 0.1:
            del value[name]
        elif deed < 0.2:
            value[text(chance)] = value.pop(name)
        else:
            value[name] = _changed_once(chance, value[name])
        return value
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        if chance.random() < 0.1:
            return value * chance.choice((0, 2, 3000 // len(value)))
        value[place] = _changed_once(chance, value[place])
        return value
    return thing(chance)


def content(chance: random.Random, value: Any) -> bytes:
    """The bytes of a JSON file that says `value` changed, or that is hardly JSON any more."""
    written = json.dumps(changed(chance, value)).encode()
    deed = chance.random()
    if deed < 0.7:
        return written
    if deed < 0.8:
        return written[: chance.randrange(len(written) + 1)]
    if deed < 0.9:
        broken = bytearray(written)
        for _ in range(chance.randint(1, 20)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        return bytes(broken)
    return chance.choice(
        (b"", b"[" * 100_000, b"{" * 99, b"nul", b'"\\ud800"', b"\xff\xfe", chance.randbytes(200), b"0")
    )


def put_something_else(chance: random.Random, path: Path) -> Callable[[], None]:
    """Put what is no small file in the place of `path`; return what ends what belongs to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        path.unlink()
    kind = chance.choice(("pipe", "device", "folder", "loop", "nowhere", "huge", "socket", "secret"))
    if path.exists():  # a folder
        kind = ""
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to(chance.choice(("/dev/zero", "/dev/random", "/dev/tty")))
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path.name)
        case "nowhere":
            path.symlink_to("/nonexistent/mount/x")
        case "huge":
            with path.open("wb") as file:
                file.truncate(1 << 40)
        case "secret":
            path.symlink_to("/etc/passwd")
        case "socket":
            return _bound(path)
    return lambda: None


def _bound(path: Path) -> Callable[[], None]:
    listening = socket.socket(socket.AF_UNIX)
    with suppress(OSError):  # its path is too long
        listening.bind(str(path))
    return listening.close
