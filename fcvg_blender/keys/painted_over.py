# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds drawings that the artist has painted over: their files are not what the manifest says any more."""

from __future__ import annotations

import math
from pathlib import Path

from ..edit import take_files
from . import file_digests


def count(folder: Path, until_s: float = math.inf) -> int:
    """How many of the drawings in a take's folder are the artist's own. Those that are gone do not count.

    Each file is read only when it is new or has changed. Raises `file_digests.OutOfTime` when
    `time.perf_counter()` says `until_s` before all was read; the next call goes on there.
    """
    found = 0
    for frame in take_files.read_manifest(folder).get("frames", ()):
        path = folder / frame["file"]
        if path.is_file():
            made = frame.get("sha256")
            found += file_digests.sha256_of(path, until_s) not in ("", made) if made else bool(frame.get("yours"))
    return found
