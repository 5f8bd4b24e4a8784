# SPDX-License-Identifier: GPL-3.0-or-later
"""Where frames go: `//inbetweens/<strip>_<id>/`, and a folder in the user's data until the file is saved first.

Nothing here ever deletes a frame.
"""

from __future__ import annotations

import errno
import shutil
import time
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from .. import guard
from ..engine import errors
from ..i18n.translate import rpt
from ..settings.addon_choices import ADDON_ID
from ..settings.protocols import Scene, Strip, Take
from . import placeholder, reach, strips, take_files

BASE = "//inbetweens"
LEFTOVER_AGE_S = 3600.0  # an unfinished file untouched for so long belongs to nobody any more

_LONGEST_NAME = 40
_FORBIDDEN = set('<>:"/\\|?*{}#%')  # in names on Windows, or with a meaning to Blender
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def place(scene: Scene, name: str, take_id: str, base: str = BASE) -> Path:
    """The path of the folder for a new take's frames; `make` makes it.

    `base` is the folder that it lies in. There // means beside the blend file, or in the user's data while the file has
    never been saved.
    """
    if base.startswith("//"):
        path = Path(bpy.path.abspath(base)) if bpy.data.filepath else unsaved_root()
    else:
        path = Path(base)
    return path / f"{safe_name(name)}_{take_id}"


def make(folder: Path) -> None:
    """Make the folder and prove that it can be written. Raises DiskError."""
    probe = folder / f"{take_files.TEMPORARY}probe"
    _write(probe, b"")
    with suppress(OSError):
        probe.unlink()


def make_for_strip(folder: Path, scene: Scene) -> None:
    """Make the folder with the placeholder that a strip of the scene shows while nothing is drawn. Raises DiskError."""
    _write(folder / placeholder.FILE, placeholder.png(scene.render.resolution_x, scene.render.resolution_y))


def sweep(folder: Path) -> None:
    """Remove a folder in which nothing was ever made."""
    with suppress(OSError):
        if [entry.name for entry in folder.iterdir()] == [placeholder.FILE]:
            (folder / placeholder.FILE).unlink()
            folder.rmdir()


def _write(file: Path, content: bytes) -> None:
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise errors.DiskError(
            rpt("The folder for the frames cannot be made: {folder} ({reason}).").format(
                folder=folder, reason=error.strerror or error
            ),
            "Save the blend file where you may write, or choose another output folder in the preferences.",
        ) from error


def of_take(strip: Strip, take: Take) -> Path:
    """Where the keys and frames of one of the strip's takes lie, whether the strip shows it or not.

    Takes of a strip lie beside each other, but for one that was being made while the others were moved.
    """
    shown = strips.folder(strip)
    name = str(take.folder)
    if name in {"", shown.name}:  # strips of older files do not name it
        return shown
    places = [shown.parent, unsaved_root()]
    if bpy.data.filepath:
        places.append(Path(bpy.path.abspath(BASE)))
    return next((place / name for place in places if (place / name).is_dir()), places[0] / name)


def unsaved_root() -> Path:
    """Folder in the user's data for the frames of files that were never saved."""
    if ADDON_ID.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(ADDON_ID, path="inbetweens"))
    return Path(bpy.utils.user_resource("DATAFILES", path="fcvg_inbetween")) / "inbetweens"


def safe_name(name: str) -> str:
    """`name` as a part of a file name that every system takes; letters of all scripts stay."""
    text = unicodedata.normalize("NFC", name)
    kept = "".join("_" if c in _FORBIDDEN or unicodedata.category(c).startswith("C") else c for c in text)
    kept = kept[:_LONGEST_NAME].strip(" .")
    if kept.split(".")[0].strip().upper() in _RESERVED:
        kept = f"_{kept}"
    return kept or "strip"


def relocate_on_save(filepath: str, busy: Collection[str] = ()) -> None:
    """Before a save: move the folders made while the file was unsaved beside the file that is about to be written.

    To be called by a `save_pre` handler with the path it gets, so that the file already says the new place. Takes
    whose id is in `busy` are being made and wait for the next save, or for `relocate`. A folder that cannot be
    moved stays where it is, and its strip goes on showing it.
    """
    if not filepath:  # Blender saves its startup file
        return
    beside = Path(filepath).parent / BASE.removeprefix("//")
    for old, new in _to_move(beside, busy).items():
        showing = [strip for _, strip in strips.ours() if strips.folder(strip) == old]
        try:
            _move(old, new)
        except OSError:
            continue
        for strip in showing:
            # Beside a file that has no name yet a path can only be absolute: Blender makes it relative on saving.
            strips.set_folder(strip, new)
        _follow(old, new)


def relocate(busy: Collection[str] = ()) -> None:
    """As `relocate_on_save`, when a job has ended, beside the file as it was saved last."""
    relocate_on_save(bpy.data.filepath, busy)


def find_moved() -> None:
    """After undo and loading: let strips whose folder has moved beside the file show it there.

    Undo brings back the path from before the save that has moved the folder. Edited matches that are chosen in such a
    folder are found again too.
    """
    if not bpy.data.filepath:
        return
    beside = Path(bpy.data.filepath).parent / BASE.removeprefix("//")
    for _, strip in strips.ours():
        with guard.going_on("a folder that may have moved"):
            shown = strips.folder(strip)
            moved = beside / shown.name
            if reach.answers(shown) and not reach.is_folder(shown) and reach.is_folder(moved):
                strips.set_folder(strip, moved)
    scenes: list[Any] = list(bpy.data.scenes)
    for scene in scenes:
        conditions = scene.fcvg.conditions
        path = Path(bpy.path.abspath(conditions.matches))
        if scene.library is None and path.is_relative_to(unsaved_root()) and not reach.is_file(path):
            moved = beside / path.relative_to(unsaved_root())
            conditions.matches = str(moved) if reach.is_file(moved) else conditions.matches


def clean_leftovers(now_s: float | None = None) -> None:
    """Remove unfinished files that a killed session left in the folders of this file's strips and of unsaved files."""
    limit_s = (time.time() if now_s is None else now_s) - LEFTOVER_AGE_S
    with suppress(OSError):
        unsaved = [entry for entry in unsaved_root().iterdir() if entry.is_dir()]
        for folder in {*unsaved, *(strips.folder(strip) for _, strip in strips.ours())}:
            for leftover in folder.glob(f"{take_files.TEMPORARY}*"):
                with suppress(OSError):
                    if leftover.stat().st_mtime < limit_s:
                        leftover.unlink()


def _move(old: Path, new: Path) -> None:
    """Move a folder, whole or not at all, to another disk if need be. Raises OSError."""
    new.parent.mkdir(exist_ok=True)
    try:
        old.rename(new)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    partial = new.with_name(f"{take_files.TEMPORARY}{new.name}")
    try:
        shutil.copytree(old, partial)
        partial.rename(new)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _follow(old: Path, new: Path) -> None:
    """Let edited matches that are chosen in the folder `old` be chosen in `new`, where it is now."""
    scenes: list[Any] = list(bpy.data.scenes)
    for scene in scenes:
        conditions = scene.fcvg.conditions
        path = Path(bpy.path.abspath(conditions.matches))
        if scene.library is None and conditions.matches and path.is_relative_to(old):
            conditions.matches = str(new / path.relative_to(old))


def _to_move(beside: Path, busy: Collection[str]) -> dict[Path, Path]:
    """Folders of this file's strips that still lie in the user's data → where each belongs."""
    root = unsaved_root()
    found: set[Path] = set()
    waiting: set[Path] = set()
    for _, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            folder = of_take(strip, take)
            if folder.parent == root and folder.is_dir():
                (waiting if take.id in busy else found).add(folder)
    return {folder: beside / folder.name for folder in found - waiting}
