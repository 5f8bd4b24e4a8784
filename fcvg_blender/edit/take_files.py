# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in a take's folder: what they are called, and which drawings are there. No bpy.

The folder holds the two keys, the drawings under their numbers, the manifest that the engine writes, and perhaps the
artist's edited matches.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..engine import folder_record, manifest
from ..timing.exposure_sheet import Drawing

START, END = "key_start", "key_end"  # the keys: names of their files without suffix
KEY_MATCHES = "key_matches.json"  # the artist's own, beside the keys
TEMPORARY = folder_record.TEMPORARY  # begins the names of unfinished files, the engine's as well

_OURS = re.compile(
    r"key_(start|end)\.(png|exr)|(key_)?matches\.json|nothing\.png|overview\.png|preview(-\d+)?\.png|native(-\d+)?"
    r"|(native|condition)_\d+\.png|native\.json|yours-.+"
)


def is_name_of_ours(name: str) -> bool:
    """Whether something in a take's folder has a name that the add-on or the engine uses there."""
    known = (manifest.NAME, folder_record.NAME, folder_record.LOCK)
    return name in known or any(
        (folder_record.is_unfinished(name), manifest.FRAME_NAME.fullmatch(name), _OURS.fullmatch(name))
    )


def suffix(file_format: str) -> str:
    """The suffix of the key files of a job whose frames are in `file_format`: `.exr` for scene-linear ones, else
    `.png`."""
    return ".exr" if file_format == "exr" else ".png"


def key_file(which: str, file_format: str) -> str:
    """The file name of a key; `which` is START or END."""
    return which + suffix(file_format)


def key_files(file_format: str) -> tuple[str, str]:
    """The file names of the earlier and the later key."""
    return key_file(START, file_format), key_file(END, file_format)


def side(which: str) -> str:
    """The engine's word for the key START or END: `start` or `end`."""
    return which.removeprefix("key_")


def has_keys(folder: Path, file_format: str) -> bool:
    """Whether both keys are in the folder."""
    return all((folder / name).is_file() for name in key_files(file_format))


def has_bright_key(folder: Path) -> bool:
    """Whether a key in the folder is brighter than white: it lies there as EXR too."""
    return any((folder / key_file(which, "exr")).is_file() for which in (START, END))


def read_manifest(folder: Path) -> dict[str, Any]:
    """What the engine has written down about the frames in `folder`; {} where that cannot be read. Each entry is what
    it should be, see `shared.manifest_facts`; any may be missing."""
    with suppress(OSError):
        return manifest.read(folder / manifest.NAME)
    return {}


def made(folder: Path) -> list[Drawing] | None:
    """The drawings that the manifest lists and that are there; None where the folder is out of reach."""
    try:
        present = {entry.name for entry in os.scandir(folder) if _is_file(entry)}
    except (OSError, ValueError):  # ValueError: no folder can have this name
        return None
    frames = read_manifest(folder).get("frames", ())
    return [Drawing(frame["time"], frame["file"]) for frame in frames if frame["file"] in present]


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether there is a file, and not a pipe, for which Blender would wait for ever, or a link to itself."""
    try:
        return entry.is_file()
    except OSError:
        return False
