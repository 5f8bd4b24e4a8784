# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the folders that the engine writes to: how much room there is, and whether it may write."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..models import discovery

MODELS, TEMPORARY, ENGINE = "models", "temporary files", "engine and downloads"
SCARCE_BYTES = {MODELS: 2_000_000_000, TEMPORARY: 1_000_000_000, ENGINE: 4_000_000_000}
FULL_BYTES = 200_000_000


@dataclass(frozen=True)
class Place:
    """A folder that the engine writes to, and its purpose.

    `free_bytes`: of its disk. `writable`: whether a test file could be written. `needed`: nothing works if not.
    """

    purpose: str
    folder: Path
    free_bytes: int
    writable: bool
    needed: bool

    @property
    def state(self) -> str:
        """The state for a finding. A models folder with all models need not be writable: it may be a studio's."""
        if not self.writable and self.purpose == MODELS and not self.needed:
            return "info"
        if not self.writable or self.free_bytes < FULL_BYTES:
            return "error" if self.needed else "warning"
        return "warning" if self.free_bytes < SCARCE_BYTES[self.purpose] else "ok"


def places(models_missing: bool) -> list[Place]:
    """Checks the folders of models, temporary files and the engine. `models_missing`: draft models are not there."""
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:  # none of the usual folders can be written to
        temporary = Path(os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp")  # noqa: S108
    return [
        _place(MODELS, discovery.weights_folder(), models_missing),
        _place(TEMPORARY, temporary, True),
        _place(ENGINE, discovery.user_data(), False),
    ]


def _place(purpose: str, folder: Path, needed: bool) -> Place:
    """Checks a folder; if it does not exist yet, the nearest one above it, in which it would be made."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if _exists(each))
    try:
        free_bytes = shutil.disk_usage(there).free
    except OSError:
        free_bytes = 0
    try:
        with tempfile.TemporaryFile(dir=there):
            writable = True
    except OSError:
        writable = False
    return Place(purpose, folder, free_bytes, writable, needed)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # inside a folder that may not be read
        return False
