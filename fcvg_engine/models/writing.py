# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing into the models folder: whole files, tables that several programs change, and what to say when it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import filelock

from ..shared import disk_errors as disk
from ..shared import file_records, own_files, small_files
from ..shared.errors import DiskError
from ..shared.file_records import Record
from ..shared.folder_record import TEMPORARY
from ..shared.own_files import NotOurs

_LARGEST_BYTES = 1 << 18  # of a table, which is read many times
_LOCK_WAIT_S = 30.0  # far longer than anybody needs to rewrite a table


def write_whole(path: Path, content: bytes, record: Record) -> None:
    """Put `content` under the name `path`, on the disk, in a folder that is made where it is missing. If that fails,
    what was there before stays. Raises DiskError, also where something lies there that `record` does not know."""
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        own_files.write(path, content, record, TEMPORARY + path.name)


def disk_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn the OSErrors of a block that writes into the models folder `folder` into DiskError."""
    return disk.explained(lambda error: _explain(error, folder))


class Table:
    """A JSON object in a file, name → entry, which several programs change. It is known by its entries: `is_entry` says
    whether a name and a value are one of this table's. A file that holds anything else is none of ours."""

    def __init__(self, is_entry: Callable[[str, object], bool]) -> None:
        self._is_entry = is_entry
        self._record = file_records.Recognised(self._is_ours, _LARGEST_BYTES)

    def load(self, path: Path) -> dict[str, Any]:
        """Return the table's entries in the file `path`; none where it is missing or cannot be understood."""
        try:
            return self._entries(small_files.read(path, _LARGEST_BYTES))
        except OSError:
            return {}

    @contextmanager
    def changed(self, path: Path, lock_wait_s: float = _LOCK_WAIT_S) -> Iterator[dict[str, Any]]:
        """Give the block the table in `path` to change, and write it afterwards. What lies there and is not ours, or is
        damaged, is put aside. Raises DiskError.

        Nobody else changes it meanwhile. The lock is filelock's, as it was in all earlier versions.
        """
        with disk_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=lock_wait_s):
                content = self.load(path)
                yield content
                own_files.make_way(path, self._record)
                write_whole(path, json.dumps(content, indent=1, sort_keys=True).encode(), self._record)

    def _entries(self, content: bytes) -> dict[str, Any]:
        found = _parsed(content)
        if not isinstance(found, dict):
            return {}
        return {name: value for name, value in found.items() if self._is_entry(name, value)}

    def _is_ours(self, content: bytes) -> bool:
        found = _parsed(content)
        return isinstance(found, dict) and len(self._entries(content)) == len(found)


def is_texts(value: object, *names: str) -> bool:
    """Return whether `value` is a JSON object that has texts under some of `names`, and nothing else."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(name in names and isinstance(text, str) for name, text in value.items())
    )


def _parsed(content: bytes) -> object:
    try:
        return small_files.parse_json(content)
    except ValueError:
        return None


def _explain(error: OSError, folder: Path) -> DiskError:
    if isinstance(error, NotOurs):
        return disk.explain(error, folder, folder, if_full="")
    return DiskError(
        f"The models could not be written to {folder}: {error.strerror or error}.",
        "Free some space there or set FCVG_MODELS to another folder.",
    )
