# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what is the artist's in an output folder: keys, drawings under the names of ours, files that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..shared import file_records, manifest, small_files
from ..shared.errors import BadImage, BadRequest
from . import images


def protect_keys(path: Path, keys: Sequence[Path]) -> None:
    """Raise BadRequest where a key is one of the frames in the folder, under whatever name or link it was given."""
    # To some disks 0001.PNG and 0001.png are the same name.
    frames = [each for each in path.iterdir() if manifest.FRAME_NAME.fullmatch(each.name.lower()) and each.exists()]
    for key in keys:
        target = key.resolve()
        is_named_so = manifest.FRAME_NAME.fullmatch(target.name.lower()) and target.parent == path.resolve()
        if is_named_so or any(key.samefile(frame) for frame in frames):
            raise BadRequest(
                f"The key {key.name} lies in the output folder under a name that inbetweens use.",
                "Choose another output folder.",
            )


def require_readable(found: file_records.Found) -> None:
    """Raise BadRequest for a file that cannot be read, or is being written to."""
    try:
        with small_files.open_file(found.path):
            is_readable = bool(found.sha256) or not found.is_plain
    except OSError:
        is_readable = False
    if not is_readable:
        raise BadRequest(
            f"{found.path.name} in {found.path.parent} cannot be read. It may be yours, so it is kept.",
            "Run again when it is saved, or give yourself the right to read it.",
        )


def is_picture(path: Path) -> bool:
    """Return whether the file can be read as a picture."""
    try:
        images.read(path)
    except BadImage:
        return False
    return True
