# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips of inbetweens: find them in the edit, and the folder that each of them shows.

The strips that show conditions over the edit (`overlay`) are found in the same way. `strip_takes` knows the takes of a
strip.

A strip is found by the id in its record, never by its name or a kept reference: undo, loading and the artist replace
strips at any time. Splitting copies the record, so the parts of a strip have one id and show the same frames. Blender
copies it with every other copy too; `copies` gives those ids of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from .. import compat, guard
from ..engine import errors
from ..i18n.translate import rpt
from ..settings import mending, strip_record
from ..settings.protocols import Scene, Strip

LONGEST_DIRECTORY_BYTES = 767  # Blender cuts off what is longer


def ours() -> Iterator[tuple[Scene, Strip]]:
    """Every strip of ours with its scene, in all scenes and meta strips of the file."""
    scenes: Any = bpy.data.scenes
    for scene in scenes:
        if scene.library is None:
            for strip in compat.all_strips(scene):
                if strip.type == "IMAGE" and _has_id(strip):
                    yield scene, strip


def mend_all() -> None:
    """Bring what the file says in our properties into its ranges: after loading, undo and appending."""
    scenes: Any = bpy.data.scenes
    for scene in scenes:
        if scene.library is None:
            with guard.going_on("settings of a scene"):
                _mend_name(scene)
                mending.mend(scene.fcvg, {})
            for strip in compat.all_strips(scene):
                with guard.going_on("record of a strip"):
                    _mend_name(strip)
                    mending.mend(strip.fcvg, strip_record.RANGES)


def find_all(strip_id: str) -> list[tuple[Scene, Strip]]:
    """Every strip with this id, with its scene: more than one after splitting, or while a copy was not noticed."""
    return [(scene, strip) for scene, strip in ours() if strip.fcvg.id == strip_id]


def find(strip_id: str) -> tuple[Scene, Strip] | None:
    """One strip with this id and its scene, or None when the artist has deleted it."""
    return next(iter(find_all(strip_id)), None)


def folder(strip: Strip) -> Path:
    """The folder that the strip shows, absolute: its keys and frames lie there."""
    return Path(os.path.normpath(bpy.path.abspath(strip.directory)))


def set_folder(strip: Strip, path: Path) -> None:
    """Let the strip show the files in `path`. Raises DiskError when the path is longer than Blender can hold."""
    strip.directory = strip_directory(path)


def strip_directory(path: Path) -> str:
    """The folder `path` as a strip names it: relative to the blend file once there is one.

    Raises DiskError when it is longer than Blender can hold.
    """
    text = f"{path}{os.sep}"
    if bpy.data.filepath:
        with suppress(ValueError):  # another drive on Windows
            text = bpy.path.relpath(str(path)).replace("\\", "/") + "/"
    if len(text.encode()) > LONGEST_DIRECTORY_BYTES:
        raise errors.DiskError(
            rpt("The path of the folder for the frames is too long for Blender: {path}…").format(path=text[:80]),
            "Save the blend file in a folder with a shorter path.",
        )
    return text


def select_only(scene: Scene, *names: str) -> None:
    """Select these strips of the open level; the first becomes the active one."""
    for strip in compat.strips(scene):
        strip.select = strip.name in names
        if strip.name == names[0]:
            scene.sequence_editor.active_strip = strip


def _mend_name(owner: Any) -> None:
    """Give a scene or a strip a name where it has one that is no text: nobody could ask for it."""
    try:
        owner.name  # noqa: B018 (asking is what fails)
    except UnicodeDecodeError:
        owner.name = owner.bl_rna.name


def _has_id(strip: Strip) -> bool:
    try:
        return bool(strip.fcvg.id)
    except UnicodeDecodeError:  # it is no id, then
        return False
