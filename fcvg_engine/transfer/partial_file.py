# SPDX-License-Identifier: GPL-3.0-or-later
"""What has arrived of a file so far: `<path>.part` beside its place, and `<path>.part.json`, which says of what.

Browsers call their unfinished files so, too. Ours is the one with the second file beside it; another one stays.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from ..shared import file_records, own_files, small_files
from ..shared.file_records import Found, Record

_LIMIT_BYTES = 1 << 16


@dataclass(frozen=True)
class Origin:
    """The file that a partial file belongs to. `url` without log-ins. `sha256`: the wanted one, or empty. `validator`:
    the server's strong ETag, else its Last-Modified, else empty. `size_bytes` of the whole file, 0 where it is not
    known."""

    url: str
    sha256: str
    validator: str = ""
    size_bytes: int = 0


class PartialFile:
    """What has arrived of the file `path`. `origin` is None when that is nothing, or nobody can tell of what it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.with_name(path.name + ".part")
        self._sidecar = path.with_name(path.name + ".part.json")
        self.origin = self._load()

    @property
    def lock(self) -> Path:
        return self.path.with_name(self.path.name + ".part.lock")

    @property
    def size_bytes(self) -> int:
        """How much has arrived; 0 when it cannot be used."""
        try:
            found = Found(self.file)
        except FileNotFoundError:
            return 0
        return found.status.st_size if self.origin and found.is_plain else 0

    @property
    def is_whole(self) -> bool:
        return bool(self.origin and self.origin.size_bytes and self.size_bytes == self.origin.size_bytes)

    def begin(self, origin: Origin) -> None:
        """Start anew. The origin is written before the first byte, so that no byte is ever taken for another file's.
        Raises NotOurs where another program's unfinished file lies there, OSError."""
        self.discard()
        for path in (self.file, self._sidecar):
            if not own_files.may_write(path, _ORIGINS):
                raise own_files.NotOurs(path)
        own_files.write(self._sidecar, json.dumps(asdict(origin)).encode(), _ORIGINS)
        self.origin = origin

    def open_to_append(self) -> FileIO:
        """Open it for the next bytes. Raises NotOurs, OSError."""
        return own_files.open_to_append(self.file)

    def discard(self) -> None:
        """Remove what has arrived; what another program has begun under these names stays."""
        if self._load() is not None:
            own_files.delete_unfinished(self.file)
            own_files.delete(self._sidecar, _ORIGINS)
        self.origin = None

    def finish(self, record: Record, sha256: str) -> None:
        """Give the file, now whole, its name, after `record` has noted its `sha256`. What lies under that name and
        `record` does not know is put aside. Raises OSError."""
        own_files.flush(self.file)
        own_files.make_way(self.path, record)
        own_files.take_place(self.file, self.path, record, sha256=sha256)
        own_files.delete(self._sidecar, _ORIGINS)
        self.origin = None

    def _load(self) -> Origin | None:
        with suppress(OSError):
            return _origin(Found(self._sidecar).content(_LIMIT_BYTES))
        return None


def _origin(content: bytes) -> Origin | None:
    """Return what such a second file says; None for any other file."""
    with suppress(ValueError, TypeError):
        origin = Origin(**small_files.parse_json(content))
        kinds = zip(vars(origin).values(), ("", "", "", 0), strict=True)
        if all(type(value) is type(default) for value, default in kinds):
            return origin
    return None


_ORIGINS = file_records.Recognised(lambda content: _origin(content) is not None, _LIMIT_BYTES)
