# SPDX-License-Identifier: GPL-3.0-or-later
"""What a manifest says, as far as it can be understood. Standard library only.

Manifests lie beside blend files and travel with them: people edit them, disks damage them, other versions write other
things, and anybody may have made one. Who reads what comes from here finds each entry as `manifest` describes it, or
not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import protocol
from .plain_text import LONGEST, sentence

FRAME_NAME = re.compile(r"[0-9]{4}\.(png|exr|jpg)")
LARGEST_NUMBER = 9999  # of a frame
MOST_SENTENCES = 100

_LARGEST_SEED = 2**63 - 1
_LARGEST_SETTING = 1e9

_HEX = set("0123456789abcdef")
_Reading = Callable[[Any], Any]  # the entry as it is to be, None where it is none


def understood(content: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a manifest without those that are not what they should be. Entries that this version does not
    know are left as they are."""
    return _read(content, _ENTRIES) or {}


def settings(cls: type, found: object) -> dict[str, Any]:
    """Return the settings out of a file that the class `cls` of the protocol knows, where they are of its types."""
    known = vars(cls())
    values = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in values if name in known and _is_like(value, known[name])}


def _is_like(value: Any, default: Any) -> bool:
    if isinstance(default, str):
        return isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= LONGEST
    kinds = (int, float) if isinstance(default, float) else (type(default),)
    return type(value) in kinds and abs(value) < _LARGEST_SETTING


def _read(content: Any, readings: Mapping[str, _Reading]) -> dict[str, Any] | None:
    if not isinstance(content, dict):
        return None
    found = {name: readings[name](value) if name in readings else value for name, value in content.items()}
    return {name: value for name, value in found.items() if value is not None}


def _word(value: Any) -> str | None:
    return sentence(value) if isinstance(value, str) else None


def _path(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(least: int, most: int) -> _Reading:
    return lambda value: value if type(value) is int and least <= value <= most else None


def _one_of(words: tuple[Any, ...]) -> _Reading:
    return lambda value: value if any(type(value) is type(word) and value == word for word in words) else None


def _time(value: Any) -> float | None:
    return value if type(value) is float and 0 < value < 1 else None


def _timing(value: Any) -> str | list[float] | None:
    if isinstance(value, list):
        is_chart = 0 < len(value) <= protocol.MAX_COUNT and all(_time(each) is not None for each in value)
        return value if is_chart else None
    return value if isinstance(value, str) and value in protocol.TIMINGS else None


def _hash(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= 64 and set(value) <= _HEX else None


def _words(value: Any) -> list[str] | None:
    if not isinstance(value, list):
        return None
    return [word for each in value[:MOST_SENTENCES] if (word := _word(each)) is not None]


def _size(value: Any) -> list[int] | None:
    sides = value if isinstance(value, list) and len(value) == 2 else []
    return value if sides and all(type(side) is int and side > 0 for side in sides) else None


def _seconds(value: Any) -> float | None:
    return value if type(value) in (int, float) and value >= 0 else None


def _versions(value: Any) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    known = list(value.items())[:MOST_SENTENCES]
    return {sentence(name): sentence(each) for name, each in known if isinstance(each, str)}


def _frames(value: Any) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        return None
    read = (_read(each, _FRAME) for each in value[:LARGEST_NUMBER])
    return [each for each in read if each and "file" in each and "time" in each]


def _models(value: Any) -> list[dict[str, str]] | None:
    if not isinstance(value, list):
        return None
    read = [_read(each, _MODEL) or {} for each in value[:MOST_SENTENCES]]
    return [{name: each[name] for name in _MODEL} for each in read if each.keys() >= _MODEL.keys()]


def _file(value: Any) -> str | None:
    return value if isinstance(value, str) and FRAME_NAME.fullmatch(value) else None


_FRAME: dict[str, _Reading] = {
    "index": _number(1, LARGEST_NUMBER),
    "hold": _one_of(protocol.HOLDS),
    "file": _file,
    "time": _time,
    "sha256": _hash,
    "engine": _word,
}
_MODEL: dict[str, _Reading] = dict.fromkeys(("name", "title", "licence", "commercial"), _word)
_IDENTITY: dict[str, _Reading] = {
    "engine": _word,
    "count": _number(1, protocol.MAX_COUNT),
    "method": _word,
    "timing": _timing,
    "hold": _one_of(protocol.HOLDS),
    "seed": _number(-1, _LARGEST_SEED),  # -1 was asked for; what it has become stands beside the identity
    "format": _one_of(protocol.FORMATS),
    "layer": _word,
    **dict.fromkeys(("start_sha256", "end_sha256", "matches_sha256"), _hash),
    "sampling": lambda value: settings(protocol.SamplingSettings, value),
    "conditions": lambda value: settings(protocol.ConditionSettings, value),
}
_ENTRIES: dict[str, _Reading] = {
    "manifest": _number(0, 1000),
    "state": _word,
    "identity": lambda value: _read(value, _IDENTITY),
    "frames": _frames,
    "models": _models,
    "keys": lambda value: _read(value, {"start": _path, "end": _path}),
    "method": _word,
    "reason": _word,
    "device": _word,
    "seed": _number(0, _LARGEST_SEED),
    "size": _size,
    "breakdown": _time,
    "seconds": _seconds,
    "notes": _words,
    "versions": _versions,
}
