# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error of the installer means, in words for the user. Standard library only."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ..engine import disk_errors as disk
from ..engine import errors, places


def explain(error: Exception) -> errors.FcvgError:
    """Return `error` itself where it is made for the user, else one that says what happened."""
    if isinstance(error, errors.FcvgError):
        return error
    if isinstance(error, OSError):
        return _explain_disk(error, places.user_data())
    return errors.InstallFailed(
        f"The installer stopped unexpectedly: {type(error).__name__}: {error!s:.200}", "Copy the report and send it."
    )


def disk_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn the OSErrors of a block that writes into `folder` into DiskError."""
    return disk.explained(lambda error: _explain_disk(error, folder))


def _explain_disk(error: OSError, folder: Path) -> errors.DiskError:
    return disk.explain(
        error,
        folder,
        str(error.filename or folder),
        if_full="Free some space and try again; downloads are kept.",
        otherwise="Check its permissions, and that its disk is still there.",
    )
