# SPDX-License-Identifier: GPL-3.0-or-later
"""What has arrived of a file so far: `<path>.part` beside its place, and `<path>.part.json`, which says of what."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..shared import small_files, whole_files

_LARGEST_SIDECAR_BYTES = 1 << 16


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
            return self.file.stat().st_size if self.origin else 0
        except FileNotFoundError:
            return 0

    @property
    def is_whole(self) -> bool:
        return bool(self.origin and self.origin.size_bytes and self.size_bytes == self.origin.size_bytes)

    def begin(self, origin: Origin) -> None:
        """Start anew. The origin is written before the first byte, so that no byte is ever taken for another file's."""
        self.discard()
        self._sidecar.write_text(json.dumps(asdict(origin)), "utf-8")
        self.origin = origin

    def discard(self) -> None:
        """Remove what has arrived."""
        self.file.unlink(missing_ok=True)
        self._sidecar.unlink(missing_ok=True)
        self.origin = None

    def finish(self) -> None:
        """Give the file, now whole, its name."""
        whole_files.flush(self.file)
        whole_files.replace(self.file, self.path)
        self.discard()

    def _load(self) -> Origin | None:
        with suppress(FileNotFoundError, small_files.NotSmallFile, ValueError, TypeError):
            origin = Origin(**small_files.read_json(self._sidecar, _LARGEST_SIDECAR_BYTES))
            if all(
                type(value) is type(default)
                for value, default in zip(vars(origin).values(), ("", "", "", 0), strict=True)
            ):
                return origin
        return None
