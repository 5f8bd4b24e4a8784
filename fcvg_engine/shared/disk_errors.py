# SPDX-License-Identifier: GPL-3.0-or-later
"""What it means when a disk refuses, in an artist's words. Standard library only."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import DiskError, FcvgError
from .own_files import NotOurs

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)  # not every system has a quota
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def explained(explain: Callable[[OSError], FcvgError]) -> Iterator[None]:
    """Raise what `explain` makes of it in place of every OSError of the block."""
    try:
        yield
    except OSError as error:
        raise explain(error) from error


def explain(
    error: OSError,
    folder: Path,
    path: Path | str,
    *,
    if_full: str,
    if_forbidden: str = "",
    otherwise: str = "Check that the folder and its disk are still there.",
) -> DiskError:
    """Return the error to tell when `path` could not be written in `folder` (the two may be the same).

    The hints say what to do when the disk is full, when the folder may not be written to (without this hint that is no
    case of its own), and in all other cases.
    """
    if isinstance(error, NotOurs):
        return DiskError(
            f"{error.path} is in the way: it is not ours, or was changed since, so it stays.",
            "Move it elsewhere, or delete it if you do not need it, and try again.",
        )
    if error.errno in _FULL:
        return DiskError(f"The disk is full: {folder}", if_full)
    if if_forbidden and error.errno in _FORBIDDEN:
        return DiskError(f"{folder} may not be written to.", if_forbidden)
    return DiskError(f"{path} cannot be written: {error.strerror or error}.", otherwise)
