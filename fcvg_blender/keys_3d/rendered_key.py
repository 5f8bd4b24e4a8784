# SPDX-License-Identifier: GPL-3.0-or-later
"""A rendered key: a frame of a 3D scene in a file that tells by its name what it shows.

The files lie beside those of the inbetweens, `keys/<scene>_<frame>_<fingerprint>.png`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imbuf

from ..edit import take_files, take_folders
from ..engine import small_files
from .shading import Shading

FOLDER = "keys"

_FINGERPRINT_DIGITS = 12


@dataclass(frozen=True)
class RenderRequest:
    """What is to be rendered: `frames` of a scene in a `look`, into `folder`, for inbetweens in `file_format`."""

    scene_name: str
    frames: tuple[int, ...]
    look: Shading
    folder: Path
    file_format: str


@dataclass(frozen=True)
class RenderedKey:
    """The file `path` shows the scene on `frame`; `reused`: it was there already."""

    frame: int
    path: Path
    reused: bool


def folder(scene: Any, base: str) -> Path:
    """Return where the rendered keys of a scene lie; `base` as in `take_folders.place`."""
    return take_folders.place(scene, FOLDER, FOLDER, base).with_name(FOLDER)


def place(request: RenderRequest, frame: int, fingerprint: str) -> Path:
    """Return where the key on `frame` lies. A key whose fingerprint is not known, '', gets a file name that is new."""
    sign = fingerprint or uuid.uuid4().hex[:_FINGERPRINT_DIGITS]
    name = f"{take_folders.safe_name(request.scene_name)}_{frame:04d}_{sign}"
    return request.folder / (name + take_files.suffix(request.file_format))


def is_whole(path: Path) -> bool:
    """Return whether the picture can be read to its end: Blender does not tell when the disk is full."""
    try:
        small_files.require_file(path)  # Blender would wait for a pipe
        imbuf.load(str(path)).free()
    except (OSError, ValueError):
        return False
    return True
