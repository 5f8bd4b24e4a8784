# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found out about model files here: which of them are ours, with their sha256, and which are damaged.

recorded.json in the models folder, place (`svd-xt/unet/config.json`) → facts::

    {"svd-xt/unet/config.json": {"sha256": "9f86…", "date": "2026-11-22", "origin": "hub … at 5e1a…"},
     "fcvg/unet.safetensors": {"damaged": "6098682464 1795374000000000000"}}

`sha256` is that of the file which a download has brought or we have made. Only a file that has it still is ours, and
may be replaced or deleted. `origin` is where it came from; a file that was simply there, and whose sha256 nobody has
published, is recorded too, so that damage is noticed, and stays nevertheless. A record goes with its file.
`damaged` is the size and time of the file that was found damaged; a file with another size or time is another file.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..shared import own_files
from ..shared.errors import DiskError
from ..shared.file_records import Found
from .writing import Table, is_texts

FILE = "recorded.json"

_FACTS = ("sha256", "date", "origin", "damaged")
_FOUND = "found here"  # the origin of a file that somebody else has put there

_TABLE = Table(lambda place, facts: is_texts(facts, *_FACTS))


def sha256(folder: Path, place: str) -> str:
    """Return the sha256 recorded for `place` in the models folder `folder`; empty when there is none."""
    return str(_load(folder).get(place, {}).get("sha256", ""))


def date(folder: Path, place: str) -> str:
    """Return the ISO date on which the sha256 of `place` was recorded; empty when there is none."""
    return str(_load(folder).get(place, {}).get("date", ""))


def is_ours(folder: Path, place: str) -> bool:
    """Whether a download, or we, have once put a file at `place`."""
    facts = _load(folder).get(place, {})
    return "sha256" in facts and facts.get("origin") != _FOUND


def record(folder: Path, place: str, sha256: str, origin: str = _FOUND) -> None:
    """Record the sha256 of the file at `place`, and where it came from if it is ours. Raises DiskError."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    _change(folder, place, {"sha256": sha256, "date": today, "origin": origin, "damaged": None})


def forget(folder: Path, place: str) -> None:
    """Forget all about the file at `place`. Raises DiskError."""
    if place in _load(folder):
        with _TABLE.changed(folder / FILE) as content:
            content.pop(place, None)


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


def link_before(folder: Path, path: Path) -> Path | None:
    """Return the first link among the models folder and the folders in it that lead to `path`; None without one."""
    return folder if own_files.is_link(folder) else own_files.link_on_the_way(folder, path)


class OurModels:
    """The record (see `own_files`) of the models folder `folder`. What is behind a link is not ours, also where that
    folder itself is one.

    `origin`: where the files come from that are noted. `digest` reads a file's sha256, where that takes long and has to
    be reported.
    """

    def __init__(
        self, folder: Path, origin: str = "", digest: Callable[[Found], str] = lambda found: found.sha256
    ) -> None:
        self._folder, self._origin, self._digest = folder, origin, digest

    def knows(self, found: Found) -> bool:
        """Return whether a download, or we, have put there what lies there, just as it is."""
        place = self._place(found.path)
        if not found.is_plain or link_before(self._folder, found.path) is not None:
            return False
        return is_ours(self._folder, place) and self._digest(found) == sha256(self._folder, place)

    def note(self, path: Path, sha256: str) -> None:
        """Record that a file with this content is about to get this name. Raises DiskError."""
        record(self._folder, self._place(path), sha256, self._origin)

    def _place(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _load(folder: Path) -> dict[str, dict[str, Any]]:
    return _TABLE.load(folder / FILE)


def _change(folder: Path, place: str, facts: dict[str, str | None]) -> None:
    """Replace those facts of `place` that have the same names; None removes one."""
    with _TABLE.changed(folder / FILE) as content:
        changed = {name: fact for name, fact in (content.pop(place, {}) | facts).items() if fact is not None}
        if changed:
            content[place] = changed
