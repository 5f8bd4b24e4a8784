"""Files written whole or not at all, and what disks say in an artist's words."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..shared.errors import BadRequest, DiskError, FcvgError

TEMPORARY = ".fcvg-tmp-"
_REPLACE_TRIES = 10
_REPLACE_WAIT_S = 0.05


def write_atomic(path: Path, data: bytes) -> None:
    """`data` under the name `path`: all of it, on the disk, or the file that was there before. Raises DiskError."""
    temporary = path.with_name(TEMPORARY + path.name)
    with disk_errors(path.parent):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            replace_file(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns the system's errors about the folder `path` into sentences."""
    try:
        yield
    except OSError as error:
        raise _explain(error, path) from error


def _explain(error: OSError, path: Path) -> FcvgError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskError(f"The disk is full: {path}", "Free some space and run again; finished frames are kept.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DiskError(f"{path} may not be written to.", "Choose another output folder, or change its permissions.")
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return DiskError(f"{path} is not a folder, or lies in something that is none.", "Choose an output folder.")
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
        return BadRequest(
            f"The output folder's name cannot be used: {str(path)[:80]}…", "Choose a shorter, plain name."
        )
    return DiskError(
        f"{path} cannot be written: {error.strerror or error}.", "Check that the folder and its disk are still there."
    )


def replace_file(temporary: Path, path: Path) -> None:
    """Renames, durably. Windows refuses while a reader has the old file open: that takes a moment, not long."""
    for attempt in range(_REPLACE_TRIES):
        try:
            temporary.replace(path)
            break
        except PermissionError:
            if os.name != "nt" or attempt == _REPLACE_TRIES - 1:
                raise
            time.sleep(_REPLACE_WAIT_S)
    if os.name != "nt":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
