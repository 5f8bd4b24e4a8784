"""What has arrived of a file so far, beside its place: `<path>.part`, and in `<path>.part.json` what it is part of."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..shared import whole_files


@dataclass(frozen=True)
class Origin:
    """What a part is of. `url` without log-ins. `sha256`: the one that is wanted, empty where none is. `validator`: the
    server's strong ETag, else its Last-Modified, else empty. `size_bytes` of the whole, 0 where it was not said."""

    url: str
    sha256: str
    validator: str = ""
    size_bytes: int = 0


class Part:
    """The part of the file `path`. `origin` is None where there is none, or none that could be understood."""

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
        """How much is there, 0 when it cannot be used."""
        try:
            return self.file.stat().st_size if self.origin else 0
        except FileNotFoundError:
            return 0

    @property
    def is_whole(self) -> bool:
        return bool(self.origin and self.origin.size_bytes and self.size_bytes == self.origin.size_bytes)

    def begin(self, origin: Origin) -> None:
        """Starts anew. What the part is of is written before its first byte, so that no byte is ever misattributed."""
        self.discard()
        self._sidecar.write_text(json.dumps(asdict(origin)), "utf-8")
        self.origin = origin

    def discard(self) -> None:
        """Removes what has arrived."""
        self.file.unlink(missing_ok=True)
        self._sidecar.unlink(missing_ok=True)
        self.origin = None

    def finish(self) -> None:
        """Gives the whole file its name."""
        whole_files.flush(self.file)
        whole_files.replace(self.file, self.path)
        self.discard()

    def _load(self) -> Origin | None:
        with suppress(FileNotFoundError, ValueError, TypeError):
            origin = Origin(**json.loads(self._sidecar.read_bytes()))
            if all(
                type(value) is type(default)
                for value, default in zip(vars(origin).values(), ("", "", "", 0), strict=True)
            ):
                return origin
        return None
