# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes bytes and JSON as damage, other programs and attackers do, the same for the same seed. No third party."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

_INTERESTING = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
)
_MOST_PLACES, _MOST_HOLDERS = 20_000, 300
_MOST_COPIES, _MOST_LETTERS = 3000, 3_000_000
_HEAD_BYTES = 400  # most of what a file says of itself stands there

# In the place of any value: other types, numbers at and beyond all limits, texts that are hard to show or to write.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63, 2**64, 10**30, 0.0, -0.0, 0.5, 1e308,
    -1e308, 5e-324, "", "0", "x", "auto", "rife", "..", "/", "/dev/zero", "../../x.png", "a\0b", "\ud800", "\udcff",
    "\x1b[2J", "\u202egnp", "x" * 5000, "=1+1", [], [[]], [None], ["a"], [0.5], {}, {"a": {}}, {"": ""}, [0] * 2000,
)  # fmt: skip
# In the place of any number in the text: what JSON can say, or what looks like it.
_NUMBERS = ("1e999", "-1e999", "NaN", "Infinity", "9" * 400, "9" * 5000, "1e308", "0x10", "1_0", "-", "1.", "01")


def of_bytes(content: bytes, rng: random.Random) -> bytes:
    """Returns the content with one to six changes, most of them near its beginning."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if not changed:
            break
        at = rng.randrange(min(len(changed), _HEAD_BYTES) if rng.random() < 0.7 else len(changed))
        _CHANGES[rng.randrange(len(_CHANGES))](changed, at, rng)
    return bytes(changed)


def of_json(content: Any, rng: random.Random) -> bytes:
    """Returns the JSON of `content` with one to four entries changed, left out, added or repeated, or its text."""
    found = copy.deepcopy(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = _places(found)
        if not places:
            break
        _change(*places[rng.randrange(len(places))], rng)
        if len(places) > _MOST_COPIES:  # long enough: copies of copies would have no end
            break
    text = json.dumps(found)
    kind = rng.random()
    if kind < 0.15:
        return of_bytes(text.encode(), rng)
    if kind < 0.25:
        return _with_odd_number(text, rng).encode()
    if kind < 0.28:
        return (text[: rng.randrange(len(text) + 1)] + "[" * rng.choice((1, 60, 600, 60_000))).encode()
    return text.encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """The entries of objects and lists: the holder of each, and its name or number there; not endlessly many."""
    found: list[tuple[Any, Any]] = []
    level = [value]
    while level and len(found) < _MOST_PLACES:
        entries = [
            (holder, name)
            for holder in level[:_MOST_HOLDERS]
            for name in (holder if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ())
        ]
        found += entries
        level = [holder[name] for holder, name in entries]
    return found


def _change(holder: Any, name: Any, rng: random.Random) -> None:
    kind = rng.random()
    if kind < 0.6:
        holder[name] = copy.deepcopy(rng.choice(_VALUES))
    elif kind < 0.75:
        del holder[name]
    elif kind < 0.85 and isinstance(holder, dict):
        holder[rng.choice(("", "x", "\ud800", "__proto__", "\x1b[2J", "a" * 3000))] = rng.choice(_VALUES)
    elif isinstance(holder, list):
        most = _MOST_LETTERS // (len(json.dumps(holder[name])) + 1)
        holder.extend([holder[name]] * min(most, rng.choice((1, 3, _MOST_COPIES))))
    else:
        nested: Any = rng.choice(_VALUES)
        for _ in range(rng.choice((2, 90, 400))):
            nested = [nested]
        holder[name] = nested


def _with_odd_number(text: str, rng: random.Random) -> str:
    digits = [at for at, letter in enumerate(text) if letter.isdigit() and text[at - 1] in " [:"]
    if not digits:
        return text
    at = rng.choice(digits)
    end = next((place for place in range(at, len(text)) if text[place] not in "0123456789.e+-"), len(text))
    return text[:at] + rng.choice(_NUMBERS) + text[end:]


def _flip(content: bytearray, at: int, rng: random.Random) -> None:
    content[at] ^= 1 << rng.randrange(8)


def _set(content: bytearray, at: int, rng: random.Random) -> None:
    value = rng.choice(_INTERESTING)
    content[at : at + len(value)] = value


def _random(content: bytearray, at: int, rng: random.Random) -> None:
    content[at : at + 4] = rng.randbytes(min(4, len(content) - at))


def _cut(content: bytearray, at: int, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def _leave_out(content: bytearray, at: int, rng: random.Random) -> None:
    del content[at : at + rng.choice((1, 2, 4, 16))]


def _repeat(content: bytearray, at: int, rng: random.Random) -> None:
    content[at:at] = content[at : at + rng.choice((1, 4, 64))]


def _insert(content: bytearray, at: int, rng: random.Random) -> None:
    content[at:at] = rng.randbytes(rng.choice((1, 4, 64)))


_CHANGES: tuple[Callable[[bytearray, int, random.Random], None], ...] = (
    _flip, _flip, _set, _set, _random, _cut, _leave_out, _repeat, _insert,
)  # fmt: skip
