"""Room on the disk, files that are replaced whole, and what the system says against either, in plain words."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..shared.errors import DiskError

RESERVE_BYTES = 200_000_000  # left free: a disk that is full to the last byte breaks other programs
_PIECE_BYTES = 1 << 20


def check_space(missing_bytes: Mapping[Path, int]) -> None:
    """Raises DiskError when the bytes that are still to come do not fit into the folders they are to come to."""
    needed: dict[int, int] = {}
    places: dict[int, Path] = {}
    for folder, size_bytes in missing_bytes.items():
        device = folder.stat().st_dev
        needed[device] = needed.get(device, 0) + size_bytes
        places.setdefault(device, folder)
    for device, folder in places.items():
        free_bytes = shutil.disk_usage(folder).free
        if needed[device] and needed[device] + RESERVE_BYTES > free_bytes:
            raise DiskError(
                f"{(needed[device] + RESERVE_BYTES) / 1e9:.1f} GB are needed in {folder}, "
                f"{free_bytes / 1e9:.1f} GB are free.",
                "Free some space and try again.",
            )


def digest_of(path: Path, on_bytes: Callable[[int], None]) -> str:
    """The file's SHA-256, in hexadecimal; `on_bytes` is told how much was read so far, and may raise."""
    digest, done_bytes = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            done_bytes += len(piece)
            on_bytes(done_bytes)
    return digest.hexdigest()


def flush(path: Path) -> None:
    """The file's content is on the disk when this returns."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def rename(source: Path, target: Path) -> None:
    """`source` takes the place of `target`, also after a power cut."""
    source.replace(target)
    if os.name == "posix":  # Windows can flush no folder
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some network disks cannot either
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """Turns the system's errors about the file `path` into DiskError."""
    try:
        yield
    except OSError as error:
        raise _explain(error, path) from error


def _explain(error: OSError, path: Path) -> DiskError:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG):
        return DiskError(f"The disk is full: {path.parent}", "Free some space and try again; what has arrived is kept.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DiskError(f"{path.parent} may not be written to.", "Choose another folder, or change its permissions.")
    return DiskError(
        f"{path} cannot be written: {error.strerror or error}.", "Check that the folder and its disk are still there."
    )
