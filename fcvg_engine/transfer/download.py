# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads that survive cuts: they are resumed and verified, and a file appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..shared.errors import DownloadFailed
from . import disk
from .download_spec import PATIENCE, Download, Patience
from .http_requests import Web
from .one_file import Transfer, present
from .parallel import side_by_side
from .partial_file import PartialFile
from .rate import Board, OnRate, Rate

__all__ = ["PATIENCE", "Download", "OnRate", "Patience", "Rate", "fetch", "is_offline"]


def is_offline(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether FCVG_OFFLINE forbids all downloads."""
    return is_on(environment.get("FCVG_OFFLINE", ""))


def is_on(switch: str) -> bool:
    """Whether the value `switch` of an environment variable means yes."""
    return switch.strip().lower() not in ("", "0", "false", "no", "off")


def fetch(
    wanted: Sequence[Download],
    on_rate: OnRate,
    *,
    parallel: int = 3,
    proxy: str = "",
    patience: Patience = PATIENCE,
) -> dict[Path, str]:
    """Bring every file to its path, `parallel` at a time, and return the sha256 of each.

    A file that is there stays if it has the wanted sha256 or, where none is given, the wanted size. What has arrived of
    a file stays beside its path and is continued next time, also after a kill. While another process fetches the same
    file, this one waits. `on_rate` is called a few times a second on the caller's thread; it may raise Cancelled, which
    ends everything. `proxy`: a URL; where it is empty, FCVG_PROXY or the system's setting counts.

    Raises DownloadFailed (a file cannot be had, is not what was pinned, or downloads are switched off), DiskError (the
    free space is checked first), and whatever `on_rate` raises.
    """
    wanted = list({each.path: each for each in wanted}.values())
    board = Board({each.path: each.size_bytes for each in wanted})

    def tick() -> None:
        on_rate(board.rate())

    there = side_by_side(lambda each, halt: present(each, board, halt), wanted, tick, parallel)
    digests = {each.path: digest for each, digest in zip(wanted, there, strict=True)}
    missing = [each for each in wanted if not digests[each.path]]
    if missing:
        _check_online(missing)
        _prepare_folders(missing, board)
        web = Web(proxy, patience.stall_s)
        fetched = side_by_side(
            lambda each, halt: Transfer(each, web, board, patience, halt).run(), missing, tick, parallel
        )
        digests |= {each.path: digest for each, digest in zip(missing, fetched, strict=True)}
    return digests


def _check_online(missing: Sequence[Download]) -> None:
    if is_offline():
        raise DownloadFailed(
            f"Not on this computer, and downloads are switched off: {_names(missing)}.",
            "Allow online access in Blender's preferences (System, Network) or unset FCVG_OFFLINE; or install from a "
            "folder.",
        )


def _prepare_folders(missing: Sequence[Download], board: Board) -> None:
    """Make the folders, and check that all files will fit. Raises DiskError."""
    needed: dict[Path, int] = {}
    for each in missing:
        folder = each.path.parent
        with disk.disk_errors(each.path):
            folder.mkdir(parents=True, exist_ok=True)
            there_bytes = PartialFile(each.path).size_bytes
        board.done(each.path, there_bytes)
        needed[folder] = needed.get(folder, 0) + max(0, each.size_bytes - there_bytes)
    with disk.disk_errors(missing[0].path):
        disk.check_space(needed)


def _names(downloads: Sequence[Download]) -> str:
    names = [each.name for each in downloads]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
