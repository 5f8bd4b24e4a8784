# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk's refusals while a job writes into its folder, in an artist's words."""

from __future__ import annotations

import errno
from contextlib import AbstractContextManager
from pathlib import Path

from ..shared import disk_errors as disk
from ..shared.errors import BadRequest, DiskError, FcvgError
from ..shared.own_files import NotOurs


def disk_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn the OSErrors of a block that works in the output folder `folder` into DiskError or BadRequest."""
    return disk.explained(lambda error: _explain(error, folder))


def in_the_way(path: Path) -> BadRequest:
    """Return the error to raise where a file of somebody else's has the name of one that is to be written."""
    what = "folder" if path.is_dir() else "file"
    return BadRequest(
        f"There is a {what} {path.name} in {path.parent} that is not ours or was changed since. It is kept.",
        "Move it away or give it another name, or choose another output folder.",
    )


def _explain(error: OSError, path: Path) -> FcvgError:
    if isinstance(error, NotOurs):
        return in_the_way(error.path)
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return DiskError(f"{path} is not a folder, or lies in something that is none.", "Choose an output folder.")
    if error.errno == errno.ELOOP:
        return BadRequest(
            f"A file that has to be made in {path} is a link there, and no link is written through.",
            "Move it away, or choose another output folder.",
        )
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
