# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk that downloads go to: its free space, checksums of its files, its refusals in an artist's words."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from ..shared import amounts, small_files
from ..shared import disk_errors as disk
from ..shared.errors import DiskError

RESERVE_BYTES = 200_000_000  # left free: a disk that is full to the last byte breaks other programs
_PIECE_BYTES = 1 << 20


def check_space(missing_bytes: Mapping[Path, int]) -> None:
    """Raise DiskError unless the bytes that are still to come to each folder fit on the folders' disks."""
    needed: dict[int, int] = {}
    places: dict[int, Path] = {}
    for folder, size_bytes in missing_bytes.items():
        device = folder.stat().st_dev
        needed[device] = needed.get(device, 0) + size_bytes
        places.setdefault(device, folder)
    for device, folder in places.items():
        free_bytes = shutil.disk_usage(folder).free
        if needed[device] and needed[device] + RESERVE_BYTES > free_bytes:
            wanted, free = amounts.compared(needed[device] + RESERVE_BYTES, free_bytes)
            raise DiskError(f"{wanted} are needed in {folder}, {free} are free.", "Free some space and try again.")


def digest_of(path: Path, on_bytes: Callable[[int], None]) -> str:
    """Return the file's SHA-256, in hexadecimal. `on_bytes` gets the number of bytes read so far, and may raise. Raises
    OSError."""
    digest, done_bytes = hashlib.sha256(), 0
    with small_files.open_file(path) as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            done_bytes += len(piece)
            on_bytes(done_bytes)
    return digest.hexdigest()


def disk_errors(path: Path) -> AbstractContextManager[None]:
    """Turn the OSErrors of a block that brings the file `path` into DiskError."""
    return disk.explained(
        lambda error: disk.explain(
            error,
            path.parent,
            path,
            if_full="Free some space and try again; what has arrived is kept.",
            if_forbidden="Choose another folder, or change its permissions.",
        )
    )
