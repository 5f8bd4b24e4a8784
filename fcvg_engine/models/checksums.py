"""What was found out about model files here: the sha256 of first downloads, and which files are damaged.

recorded.json in the models folder, place (`svd-xt/unet/config.json`) → facts::

    {"svd-xt/unet/config.json": {"sha256": "9f86…", "date": "2026-11-22", "origin": "hub … at 5e1a…"},
     "fcvg/unet.safetensors": {"damaged": "6098682464 1795374000000000000"}}

A record outlives its file: where nobody has published a sha256, what was downloaded first is what is expected ever
after. `damaged` is the size and time of the file that was found so; one that has changed since is not that file.
"""

from __future__ import annotations

import datetime
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import filelock

from ..shared.errors import DiskError
from .writing import cannot_write, write_whole

FILE = "recorded.json"

_LOCK_WAIT_S = 30.0  # far longer than anybody needs to rewrite the file


def sha256(folder: Path, place: str) -> str:
    """What was recorded for `place` in the models folder `folder`; empty when nothing was."""
    return str(_load(folder).get(place, {}).get("sha256", ""))


def date(folder: Path, place: str) -> str:
    """When, an ISO date; empty when nothing was recorded."""
    return str(_load(folder).get(place, {}).get("date", ""))


def record(folder: Path, place: str, sha256: str, origin: str) -> None:
    """The file at `place` has this sha256 and came from `origin`. Raises DiskError."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    _change(folder, place, {"sha256": sha256, "date": today, "origin": origin})


def is_damaged(folder: Path, place: str, path: Path) -> bool:
    """Whether the file at `path` is the very one that was found damaged."""
    found = _load(folder).get(place, {}).get("damaged")
    return bool(found) and found == _stamp(path)


def mark(folder: Path, place: str, path: Path, damaged: bool) -> None:
    """Remember that, where the folder can be written to."""
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
    try:
        content = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {place: facts for place, facts in content.items() if isinstance(facts, dict)}


def _change(folder: Path, place: str, facts: dict[str, str | None]) -> None:
    """`facts` of `place` replace those of the same name; None removes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / f".{FILE}.lock", timeout=_LOCK_WAIT_S):
            content = _load(folder)
            changed = content.get(place, {}) | facts
            content[place] = {name: fact for name, fact in changed.items() if fact is not None}
            write_whole(folder / FILE, json.dumps(content, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise cannot_write(folder, error) from error
