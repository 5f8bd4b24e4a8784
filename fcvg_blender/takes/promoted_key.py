# SPDX-License-Identifier: GPL-3.0-or-later
"""The key that an inbetween has become: a strip and a file of the artist's own, to be painted over in any program."""

from __future__ import annotations

import itertools
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import lay_strip, strips, take_folders
from ..engine import errors, file_records, own_files, small_files
from ..settings.protocols import Scene, Strip

KEYS = "//keys"


def copy_out(scene: Scene, strip: Strip, frame: int, picture: Path) -> Path:
    """Copy `picture`, which the strip shows on `frame`, and return the copy. It never takes another file's place.

    It lies beside the blend file, or in the user's data while the blend file has never been saved. Raises OSError.
    """
    folder = Path(bpy.path.abspath(KEYS)) if bpy.data.filepath else _unsaved_keys()
    name = f"{take_folders.safe_name(scene.name)}_{take_folders.safe_name(strip.name)}_{frame}{picture.suffix}"
    return _copy(picture, folder, name)


def make(strip: Strip, frame: int, file: Path) -> None:
    """Let a piece of inbetweens be a strip of the artist's own that shows `file`."""
    strip.property_unset("fcvg")
    strip.fcvg.key, strip.fcvg.promoted = uuid.uuid4().hex[:8], True
    strip.name = f"Key {frame}"
    if strip.color_tag == lay_strip.COLOUR_TAG:
        strip.color_tag = "NONE"
    _show_file(strip, file)


def bring_along(filepath: str) -> None:
    """Before a file is saved for the first time: copy its promoted keys beside it and let their strips show the copies.

    To be called by a `save_pre` handler with the path it gets. What cannot be copied stays where it is.
    """
    if not filepath:  # Blender saves its startup file
        return
    beside = Path(filepath).parent / KEYS.removeprefix("//")
    every: list[Any] = list(bpy.data.scenes)
    for scene in every:
        for strip in compat.all_strips(scene) if scene.library is None else ():
            if strip.fcvg.promoted and strip.type == "IMAGE" and strips.folder(strip) == _unsaved_keys():
                with suppress(OSError, errors.DiskError):
                    _show_file(strip, _copy(strips.folder(strip) / strip.elements[0].filename, beside))


def _unsaved_keys() -> Path:
    return take_folders.unsaved_root().with_name("keys")


def _copy(picture: Path, folder: Path, name: str = "") -> Path:
    """Copy a file into `folder`, under its own or another name, and never over another file. Raises OSError."""
    small_files.require_file(picture)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = Path(name or picture.name)
    for number in itertools.count(1):
        target = folder / (wanted.name if number == 1 else f"{wanted.stem}_{number}{wanted.suffix}")
        with suppress(own_files.NotOurs):
            own_files.copy(picture, target, file_records.Written())
            break
    return target


def _show_file(strip: Strip, file: Path) -> None:
    strips.set_folder(strip, file.parent)
    for element in strip.elements:
        element.filename = file.name
