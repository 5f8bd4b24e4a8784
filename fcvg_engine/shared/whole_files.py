# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that appear whole under their names, or not at all. Standard library only.

A file is replaced in three steps: another one is written beside it, its content is brought to the disk, and it is given
the name. Whoever reads, even after a power cut, finds the old file or the new one, never a half.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 0.5  # for a program that reads the file that is replaced

_RETRY_S = 0.05


def write(path: Path, content: bytes, temporary: str = "", patience_s: float = PATIENCE_S) -> None:
    """Put `content` under the name `path`, on the disk. If that fails, what was there before stays.

    `temporary` is the name of the file that is written first, in the same folder; by default it is hidden and holds the
    process's id. It is gone afterwards. `patience_s`: see `replace`. Raises OSError.
    """
    partial = path.with_name(temporary or f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        replace(partial, path, patience_s)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Bring the content of the file `path` to the disk. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def replace(source: Path, target: Path, patience_s: float = PATIENCE_S) -> None:
    """Give the file or folder `source` the name `target`, so that it keeps it after a power cut. Raises OSError.

    Windows refuses while another program has one of them open (a reader, a virus scanner). There it is tried again for
    `patience_s`.
    """
    give_up_s = time.monotonic() + patience_s
    while True:
        try:
            source.replace(target)
            break
        except PermissionError:
            if os.name != "nt" or time.monotonic() >= give_up_s:
                raise
            time.sleep(_RETRY_S)
    if os.name != "nt":  # Windows can flush no folder
        _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # some network disks cannot; and a folder may be writable, but not readable
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
