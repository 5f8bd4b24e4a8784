# SPDX-License-Identifier: GPL-3.0-or-later
"""A delivery's report in a file that somebody has named, who may have written something else there. No torch.

reports.json in the user's data folder says what we have written, path → sha256. Only such a file is replaced, as long
as it is as it was.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from ..shared import own_files
from ..shared.errors import BadRequest, DiskError
from ..shared.file_records import Found
from . import delivery_report, discovery
from .writing import Table

FILE = "reports.json"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TABLE = Table(lambda path, sha256: isinstance(sha256, str) and bool(_SHA256.fullmatch(sha256)))


def write(path: Path, text: str) -> list[str]:
    """Write the report `text` into the file `path`, and return notes, in sentences. An earlier report that is not known
    here, or that somebody has edited, is put aside. Raises BadRequest when another file is there, DiskError."""
    record, notes = _Reports(), []
    try:
        if not own_files.may_write(path, record):
            if not delivery_report.is_report(Found(path).content(1 << 24)):
                raise BadRequest(f"{path} is there already, and is no such report.", "Choose another name.")
            notes.append(f"The report that was there is now {own_files.put_aside(path).name}.")
        own_files.write(path, text.encode("utf-8"), record)
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {error.strerror}.", "Choose another folder.") from error
    return [*notes, f"Written: {path}"]


class _Reports:
    """The record (see `own_files`) of reports on this computer."""

    def knows(self, found: Found) -> bool:
        return found.is_plain and _TABLE.load(_file()).get(str(found.path.absolute())) == found.sha256

    def note(self, path: Path, sha256: str) -> None:
        with suppress(DiskError), _TABLE.changed(_file()) as content:  # else it is put aside next time
            content[str(path.absolute())] = sha256


def _file() -> Path:
    return discovery.user_data() / FILE
