# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves that model files are whole: by their sha256, and by reading pickles once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ..shared.errors import MissingModel
from ..transfer import disk
from ..transfer.rate import Board
from . import checksums, discovery, installed, plausible, registry
from .installed import Copy
from .registry import File, Model
from .reporting import Report

OnBytes = Callable[[int], None]

PICKLED = ("superpoint", "gluestick")  # these models are read once, and kept as safetensors

_REPORT_EVERY_S = 0.2
_LARGEST_BYTES = 10_000_000_000  # of any published file
_ROUGHLY = 2  # times as large as its page says: that is another file
_digests: dict[tuple[Path, int, int], str] = {}  # path, size and time of a file → its sha256


def verify(name: str, report: Report) -> str:
    """Compare every file's sha256 with the pinned or recorded one, and look at those for which none is published (see
    `plausible`). Return the model's state, see `installed.state`.

    A file without such a sha256, in which nothing is wrong, counts as whole. Raises BadRequest and whatever `report`
    raises.
    """
    model = registry.known(name)
    found = discovery.find()
    for each in installed.copies(model, found):
        if each.path.is_file():
            damaged = bool(each.expected) and not _is_expected(model, each, report)
            if each.path == each.own and not each.file.sha256:
                damaged |= bool(plausible.fault(each.file, each.path))
            checksums.mark(discovery.weights_folder(), each.place, each.path, damaged)
    return installed.state(model, found)


def _is_expected(model: Model, copy: Copy, report: Report) -> bool:
    """Whether the file has the sha256 that it has to have. One of quite another size is not read."""
    return not is_too_large(copy.file, copy.path) and sha256_of(model, copy.path, report) == copy.expected


def is_too_large(file: File, path: Path) -> bool:
    """Return whether what lies at `path` is far too large to be `file`, so that it need not be read. Raises OSError."""
    return path.stat().st_size > _ROUGHLY * (file.size_bytes or file.about_bytes or _LARGEST_BYTES)


def sha256_of(model: Model, path: Path, report: Report) -> str:
    """Return the sha256 of the file at `path`. It is read again only when it has changed. Raises MissingModel when it
    cannot be read."""
    try:
        found = path.stat()
        key = (path, found.st_size, found.st_mtime_ns)
        if key not in _digests:
            _digests[key] = disk.digest_of(path, reading(model, path, found.st_size, report))
        return _digests[key]
    except OSError as error:
        raise MissingModel(f"{path} cannot be read: {error.strerror or error}.", "Check the file.") from error


def keep_as_safetensors(name: str) -> None:
    """Keep the weights as safetensors where the model `name` is a pickle, which is read without running anything in it.
    Raises MissingModel when it is not what was published."""
    if name in PICKLED:
        from . import gluestick_weights

        for each in installed.copies(registry.known(name), discovery.find()):
            if each.path.is_file():
                gluestick_weights.keep(each.path)


def reading(model: Model, path: Path, total_bytes: int, report: Report) -> OnBytes:
    """Return a function that reports how much of the file at `path` has been read, now and then."""
    board = Board({path: total_bytes})
    told_s, last_bytes = 0.0, 0

    def on_bytes(done_bytes: int) -> None:
        nonlocal told_s, last_bytes
        board.done(path, done_bytes, done_bytes - last_bytes)
        last_bytes = done_bytes
        if time.monotonic() - told_s > _REPORT_EVERY_S:
            told_s = time.monotonic()
            report(f"Checking {model.title}", board.rate())

    return on_bytes
