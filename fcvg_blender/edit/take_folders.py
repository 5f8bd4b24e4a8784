# SPDX-License-Identifier: GPL-3.0-or-later
"""Where frames go: `//inbetweens/<strip>_<id>/`, and a folder in the user's data until the file is saved first.

A blend file may come from anywhere, and so may what it says of folders: a take's folder is one with its id at the end
of its name, and nothing is written into a folder that is not ours.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import time
import unicodedata
from collections.abc import Collection
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import bpy

from .. import guard
from ..engine import disk_errors, errors, file_records, folder_record, own_files
from ..i18n.translate import rpt
from ..settings import addon_choices
from ..settings.addon_choices import ADDON_ID
from ..settings.protocols import Scene, Strip, Take
from . import placeholder, reach, strips, take_files

BASE = "//inbetweens"
LEFTOVER_AGE_S = 3600.0  # an unfinished file untouched for so long belongs to nobody any more

_LONGEST_NAME = 40
_ID = re.compile(r"[0-9A-Za-z]{1,32}")
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
    """Make the folder and prove that it can be written. What a killed session has left there goes. Raises DiskError."""
    probe = folder / folder_record.unfinished_name("probe")
    with _disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        own_files.write(probe, b"", file_records.Written())
        own_files.delete_unfinished(probe)
        folder_record.delete_unfinished(folder, time.time() - LEFTOVER_AGE_S)


def make_for_strip(folder: Path, scene: Scene) -> None:
    """Make the folder with the placeholder that a strip of the scene shows while nothing is drawn. Raises DiskError."""
    with _disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        record = folder_record.FolderRecord(folder)
        record.write(placeholder.FILE, placeholder.png(scene.render.resolution_x, scene.render.resolution_y))


def sweep(folder: Path) -> None:
    """Remove a folder in which nothing was ever made."""
    with suppress(OSError):
        if {entry.name for entry in folder.iterdir()} <= {placeholder.FILE, folder_record.NAME}:
            folder_record.delete(folder)


def of_take(strip: Strip, take: Take) -> Path:
    """Where the keys and frames of one of the strip's takes lie, whether the strip shows it or not.

    Takes of a strip lie beside each other, but for one that was being made while the others were moved. To write there,
    ask `writable`.
    """
    shown = strips.folder(strip)
    name = str(take.folder)
    if name == shown.name or not _is_named_by_us(name, take):  # strips of older files do not name it
        return shown
    places = [shown.parent, unsaved_root()]
    if bpy.data.filepath:
        places.append(Path(bpy.path.abspath(BASE)))
    return next((place / name for place in places if reach.is_folder(place / name)), places[0] / name)


def writable(strip: Strip, take: Take) -> Path:
    """As `of_take`, for whoever wants to write there. Raises DiskError where the folder is not one of ours, such as a
    project's, which a file can name as well."""
    folder = of_take(strip, take)
    if not _is_ours(strip, take, folder):
        raise errors.DiskError(
            rpt("The strip “{name}” shows a folder that is not one of its own: {folder}.").format(
                name=strip.name, folder=folder
            ),
            "Nothing is written there. Select the two keys and generate new inbetweens.",
        )
    return folder


def folder_id(take: Take) -> str:
    """The id of the take whose folder this one shows: its own, or while it has none of its own, the original's."""
    return str(take.shares or take.id)


def copied(folder: Path, take_id: str) -> Path:
    """Copy the folder of a take, with all that is in it, for the take `take_id`; return the new folder, which lies
    beside it. Where there is no folder there is none afterwards either. Raises DiskError."""
    stem = safe_name(folder.name.rpartition("_")[0])
    names = (f"{stem}_{number}_{take_id}" if number > 1 else f"{stem}_{take_id}" for number in itertools.count(1))
    new = next(folder.parent / name for name in names if not os.path.lexists(folder.parent / name))
    with _disk_errors(new):
        if folder.is_dir():
            _place_copy(folder, new)
    return new


def unsaved_root() -> Path:
    """Folder in the user's data for the frames of files that were never saved."""
    if ADDON_ID.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(ADDON_ID, path="inbetweens"))
    return Path(bpy.utils.user_resource("DATAFILES", path="fcvg_inbetween")) / "inbetweens"


def safe_name(name: str, longest: int = _LONGEST_NAME) -> str:
    """`name` as a part of a file name that every system takes, with at most `longest` letters; those of all scripts
    stay."""
    text = unicodedata.normalize("NFC", name)
    kept = "".join("_" if c in _FORBIDDEN or unicodedata.category(c).startswith("C") else c for c in text)
    kept = kept[:longest].strip(" .")
    if kept.split(".")[0].strip().upper() in _RESERVED:
        kept = f"_{kept}"
    return kept or "strip"


def relocate_on_save(filepath: str, busy: Collection[str] = (), shared: Collection[str] = ()) -> None:
    """Before a save: move the folders made while the file was unsaved beside the file that is about to be written.

    To be called by a `save_pre` handler with the path it gets, so that the file already says the new place. Takes
    whose id is in `busy` are being made and wait for the next save, or for `relocate`. Folders of takes whose id is in
    `shared` are copied, because a blend file was saved that shows them where they are. A folder that cannot be moved
    stays where it is, and its strip goes on showing it.
    """
    if not filepath:  # Blender saves its startup file
        return
    beside = Path(filepath).parent / BASE.removeprefix("//")
    for old, is_shared in _to_move(busy, shared).items():
        new = beside / old.name
        showing = [strip for _, strip in strips.ours() if strips.folder(strip) == old]
        try:
            _move(old, new, is_shared)
        except OSError:
            continue
        for strip in showing:
            # Beside a file that has no name yet a path can only be absolute: Blender makes it relative on saving.
            strips.set_folder(strip, new)
        _follow(old, new)


def relocate(busy: Collection[str] = (), shared: Collection[str] = ()) -> None:
    """As `relocate_on_save`, when a job has ended, beside the file as it was saved last."""
    relocate_on_save(bpy.data.filepath, busy, shared)


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
    takes = [(strip, take) for _, strip in strips.ours() for take in (strip.fcvg, *strip.fcvg.others)]
    folders = {folder for strip, take in takes if _is_ours(strip, take, folder := of_take(strip, take))}
    with suppress(OSError):  # nothing was ever made in a file without a place
        folders |= set(unsaved_root().iterdir())
    for folder in folders:
        with suppress(OSError):
            if not folder.is_symlink():
                folder_record.delete_unfinished(folder, limit_s)


def _move(old: Path, new: Path, is_shared: bool) -> None:
    """Move a folder, whole or not at all, to another disk if need be. Raises OSError.

    Where it holds anything that is not ours, or `is_shared` with another blend file, it is copied instead. What is ours
    of the old one is deleted then, unless that other file needs it.
    """
    new.parent.mkdir(exist_ok=True)
    if old.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "it is a link", str(old))
    if not is_shared and all(take_files.is_name_of_ours(each.name) and not each.is_symlink() for each in old.iterdir()):
        try:
            own_files.take_place(old, new, file_records.Written())
            return
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
    _place_copy(old, new)
    if not is_shared:
        folder_record.delete(old)


def _place_copy(old: Path, new: Path) -> None:
    """Copy a folder to a place where there is nothing, whole or not at all. Raises OSError."""
    partial = new.with_name(folder_record.unfinished_name(new.name))
    written = file_records.Written()
    try:
        _copy(old, partial, written)
        own_files.take_place(partial, new, file_records.Written())
    finally:
        own_files.delete_tree(partial, written)


def _copy(old: Path, new: Path, record: file_records.Written) -> None:
    """Copy a folder with all that is in it, also the list that says what of it is ours; not what is unfinished: in
    another Blender a job may work there. Raises OSError."""
    new.mkdir()
    for path in sorted(old.iterdir()):
        if folder_record.is_unfinished(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            _copy(path, new / path.name, record)
        elif path.is_file():
            own_files.copy(path, new / path.name, record)
        else:
            raise OSError(errno.EINVAL, "it can be copied by nobody", str(path))


def _is_named_by_us(name: str, take: Take) -> bool:
    """Whether it is the name of a folder that `place` has thought of: no path, and the take's id at the end, or that of
    the take which it is a copy of."""
    take_id = folder_id(take)
    return name == safe_name(name, longest=len(name)) and bool(_ID.fullmatch(take_id)) and name.endswith(f"_{take_id}")


def _is_ours(strip: Strip, take: Take, folder: Path) -> bool:
    """Whether `folder`, which the take names, is a take's: named so, with something of ours in it. Where nothing is in
    it yet, it lies where `place` makes folders, or beside that of another take of the strip."""
    if not _is_named_by_us(folder.name, take):
        return False
    if _holds_ours(folder):
        return True
    try:
        is_new = not folder.is_symlink() and not any(folder.iterdir())
    except FileNotFoundError:
        is_new = True
    except OSError:
        is_new = False
    takes = [each for each in (strip.fcvg, *strip.fcvg.others) if _is_named_by_us(each.folder, each)]
    beside = (folder.parent / each.folder for each in takes)
    return is_new and (folder.parent in _bases() or any(map(_holds_ours, beside)))


def _holds_ours(folder: Path) -> bool:
    """Whether something is in the folder that we have written; versions before 0.3.0 have kept no list."""
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:
        return False
    return folder_record.NAME in names or (bool(names) and all(map(take_files.is_name_of_ours, names)))


def _bases() -> set[Path]:
    """Where `place` makes folders now."""
    chosen = addon_choices.read(bpy.context).output_folder
    beside = {Path(bpy.path.abspath(base)) for base in (BASE, chosen)} if bpy.data.filepath else set[Path]()
    return {unsaved_root(), *beside, Path(chosen)}


def _disk_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn the OSErrors of a block that writes into the folder into DiskError."""
    return disk_errors.explained(
        lambda error: errors.DiskError(
            rpt("The folder for the frames cannot be made: {folder} ({reason}).").format(
                folder=folder, reason=error.strerror or error
            ),
            "Save the blend file where you may write, or choose another output folder in the preferences.",
        )
    )


def _follow(old: Path, new: Path) -> None:
    """Let edited matches that are chosen in the folder `old` be chosen in `new`, where it is now."""
    scenes: list[Any] = list(bpy.data.scenes)
    for scene in scenes:
        conditions = scene.fcvg.conditions
        path = Path(bpy.path.abspath(conditions.matches))
        if scene.library is None and conditions.matches and path.is_relative_to(old):
            conditions.matches = str(new / path.relative_to(old))


def _to_move(busy: Collection[str], shared: Collection[str]) -> dict[Path, bool]:
    """Folders of this file's strips that still lie in the user's data → whether another blend file shows them too."""
    root = unsaved_root()
    found: dict[Path, bool] = {}
    waiting: set[Path] = set()
    for _, strip in strips.ours():
        for take in (strip.fcvg, *strip.fcvg.others):
            folder = of_take(strip, take)
            if folder.parent == root and folder.is_dir():
                found[folder] = found.get(folder, False) or folder_id(take) in shared
                if take.id in busy:
                    waiting.add(folder)
    return {folder: is_shared for folder, is_shared in found.items() if folder not in waiting}
