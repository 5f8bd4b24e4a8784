# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing into a job's folder: files whole or not at all, and a disk's refusals in an artist's words."""

from __future__ import annotations

import errno
from contextlib import AbstractContextManager
from pathlib import Path

from ..shared import disk_errors as disk
from ..shared import whole_files
from ..shared.errors import BadRequest, DiskError, FcvgError

TEMPORARY = ".fcvg-tmp-"  # begins the names of unfinished files, which the folder's next job removes


def write_atomic(path: Path, data: bytes) -> None:
    """Put `data` under the name `path`, on the disk. If that fails, what was there before stays. Raises DiskError."""
    with disk_errors(path.parent):
        whole_files.write(path, data, TEMPORARY + path.name)


def disk_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn the OSErrors of a block that works in the output folder `folder` into DiskError or BadRequest."""
    return disk.explained(lambda error: _explain(error, folder))


def _explain(error: OSError, path: Path) -> FcvgError:
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return DiskError(f"{path} is not a folder, or lies in something that is none.", "Choose an output folder.")
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
        return BadRequest(
            f"The output folder's name cannot be used: {str(path)[:80]}…", "Choose a shorter, plain name."
        )
    return disk.explain(
        error,
        path,
        path,
        if_full="Free some space and run again; finished frames are kept.",
        if_forbidden="Choose another output folder, or change its permissions.",
    )
