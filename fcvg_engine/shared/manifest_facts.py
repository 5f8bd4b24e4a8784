# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a manifest that has been read, each of the type it should have. Standard library only.

People edit manifests, disks damage them, and other versions write other things. A fact of another type is left out, as
if it had never been written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Reader = Callable[[Any], Any]  # returns the fact, or None where it cannot be used

_LARGEST_SEED = 2**63 - 1
_MOST_NOTES, _LONGEST_NOTE = 100, 2000
_MODEL = ("name", "title", "licence", "commercial")


def usable(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest `found` without facts that cannot be used. Those that this version does not know stay."""
    read = {name: _FACTS[name](value) if name in _FACTS else value for name, value in found.items()}
    return {name: value for name, value in read.items() if value is not None or name not in _FACTS}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> dict[str, str] | None:
    return value if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()) else None


def _notes(value: Any) -> list[str]:
    notes = value if isinstance(value, list) else []
    return [each[:_LONGEST_NOTE] for each in notes if isinstance(each, str)][:_MOST_NOTES]


def _models(value: Any) -> list[dict[str, str]]:
    """Entries of models, with the texts that they should have; what is no text is empty."""
    entries = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    return [{name: _text(each.get(name)) or "" for name in _MODEL} for each in entries]


def _size(value: Any) -> list[int] | None:
    sides = value if isinstance(value, list) and len(value) == 2 else []
    return value if sides and all(type(side) is int and side > 0 for side in sides) else None


def _seed(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _LARGEST_SEED else None


def _time(value: Any) -> float | None:
    return value if type(value) is float and 0 < value < 1 else None


def _seconds(value: Any) -> float | None:
    return value if type(value) in (int, float) and value >= 0 else None


_FACTS: dict[str, Reader] = {
    "state": _text,
    "method": _text,
    "reason": _text,
    "device": _text,
    "seed": _seed,
    "size": _size,
    "breakdown": _time,
    "seconds": _seconds,
    "notes": _notes,
    "models": _models,
    "keys": _texts,
    "versions": _texts,
}
