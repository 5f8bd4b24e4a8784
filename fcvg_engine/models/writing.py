# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing into the models folder: whole files, tables that several programs change, and what to say when it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import filelock

from ..shared import disk_errors as disk
from ..shared import small_files, whole_files
from ..shared.errors import DiskError

T = TypeVar("T")

_LARGEST_TABLE_BYTES = 4 << 20
_LOCK_WAIT_S = 30.0  # far longer than anybody needs to rewrite a table


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` under the name `path`, on the disk, in a folder that is made where it is missing. If that fails,
    what was there before stays. Raises DiskError."""
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_files.write(path, content)


def disk_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn the OSErrors of a block that writes into the models folder `folder` into DiskError."""
    return disk.explained(
        lambda error: DiskError(
            f"The models could not be written to {folder}: {error.strerror or error}.",
            "Free some space there or set FCVG_MODELS to another folder.",
        )
    )


def load_table(path: Path, kind: type[T]) -> dict[str, T]:
    """Return the entries of the JSON object in the file `path` whose values are of `kind`.

    A file that is missing or cannot be understood counts as empty.
    """
    try:
        content = small_files.read_json(path, _LARGEST_TABLE_BYTES)
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if isinstance(value, kind)}


@contextmanager
def changed_table(path: Path, kind: type[T]) -> Iterator[dict[str, T]]:
    """Give the block the table in `path` (see `load_table`) to change, and write it afterwards. Raises DiskError.

    Nobody else changes it meanwhile. The lock is filelock's, as it was in all earlier versions.
    """
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=_LOCK_WAIT_S):
            content = load_table(path, kind)
            yield content
            write_whole(path, json.dumps(content, indent=1, sort_keys=True).encode())
