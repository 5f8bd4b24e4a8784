"""Files of the models folder, written whole or not at all. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path

from ..shared.errors import DiskError


def write_whole(path: Path, content: bytes) -> None:
    """`content` under the name `path`: all of it, on the disk, or what was there before. Raises DiskError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path.parent, error) from error


def cannot_write(folder: Path, error: OSError) -> DiskError:
    """What to tell when the models folder refuses."""
    return DiskError(
        f"The models could not be written to {folder}: {error.strerror or error}.",
        "Free some space there or set FCVG_MODELS to another folder.",
    )
