# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found out about model files here: the sha256 of first downloads, and which files are damaged.

recorded.json in the models folder, place (`svd-xt/unet/config.json`) → facts::

    {"svd-xt/unet/config.json": {"sha256": "9f86…", "date": "2026-11-22", "origin": "hub … at 5e1a…"},
     "fcvg/unet.safetensors": {"damaged": "6098682464 1795374000000000000"}}

A record outlives its file: where nobody has published a sha256, every later download has to equal the first one.
`damaged` is the size and time of the file that was found damaged; a file with another size or time is another file.
"""

from __future__ import annotations

import datetime
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..shared.errors import DiskError
from .writing import changed_table, load_table

FILE = "recorded.json"


def sha256(folder: Path, place: str) -> str:
    """Return the sha256 recorded for `place` in the models folder `folder`; empty when there is none."""
    return str(_load(folder).get(place, {}).get("sha256", ""))


def date(folder: Path, place: str) -> str:
    """Return the ISO date on which the sha256 of `place` was recorded; empty when there is none."""
    return str(_load(folder).get(place, {}).get("date", ""))


def record(folder: Path, place: str, sha256: str, origin: str) -> None:
    """Record the sha256 of the file at `place`, and where it came from. Raises DiskError."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    _change(folder, place, {"sha256": sha256, "date": today, "origin": origin})


def is_damaged(folder: Path, place: str, path: Path) -> bool:
    """Whether the file at `path` is the very one that was found damaged."""
    found = _load(folder).get(place, {}).get("damaged")
    return bool(found) and found == _stamp(path)


def mark(folder: Path, place: str, path: Path, damaged: bool) -> None:
    """Record whether the file at `path` is `damaged`. Where the folder cannot be written to, nothing is recorded."""
    known = "damaged" in _load(folder).get(place, {})
    if damaged or known:
        with suppress(DiskError):
            _change(folder, place, {"damaged": _stamp(path) if damaged else None})


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _load(folder: Path) -> dict[str, dict[str, Any]]:
    return load_table(folder / FILE, dict)


def _change(folder: Path, place: str, facts: dict[str, str | None]) -> None:
    """Replace those facts of `place` that have the same names; None removes one."""
    with changed_table(folder / FILE, dict) as content:
        changed = content.get(place, {}) | facts
        content[place] = {name: fact for name, fact in changed.items() if fact is not None}
