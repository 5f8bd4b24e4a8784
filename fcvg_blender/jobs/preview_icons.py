# SPDX-License-Identifier: GPL-3.0-or-later
"""Icons for the panel that show frames being denoised, as contact sheets. Each is gone when its job ends."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import bpy.utils.previews
import numpy as np

from ..engine import small_files

if TYPE_CHECKING:
    from .job import Job

MOST_BYTES, MOST_PIXELS = 64 << 20, 16 << 20  # of a contact sheet

_SIZE = slice(16, 24)  # where a PNG file has its width and height
_icons: Any = None  # Blender's collection of icons, None while there is none
_shown: dict[str, int] = {}  # id of a job → the step that its icon shows


def refresh(jobs: Iterable[Job]) -> None:
    """Show the newest contact sheet of each job, and forget those of other jobs. Takes milliseconds."""
    if bpy.app.background:
        return  # nobody looks
    wanted = {job.id: job for job in jobs if job.preview}
    for job_id in set(_shown) - set(wanted):
        del _shown[job_id], _icons[job_id]
    for job in wanted.values():
        if job.preview and _shown.get(job.id) != job.preview.step and _load(job.id, str(job.folder / job.preview.file)):
            _shown[job.id] = job.preview.step
    if not _shown:
        close()


def icon(job_id: str) -> int:
    """Return the icon that shows a job's contact sheet, 0 while there is none."""
    return int(_icons[job_id].icon_id) if job_id in _shown else 0


def close() -> None:
    """Free all pictures."""
    global _icons
    _shown.clear()
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None


def _load(job_id: str, path: str) -> bool:
    """Put the picture at `path` into the job's icon; return whether it could be read. The engine may have deleted it.

    Not by `previews.load`, which goes through the user's cache of thumbnails and makes everything small.
    """
    global _icons
    if not is_small(Path(path)):
        return False
    try:
        image = bpy.data.images.load(path)
    except RuntimeError:
        return False
    try:
        size: Any = image.size
        width, height = size
        if not width * height:
            return False
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    if _icons is None:
        _icons = bpy.utils.previews.new()
    preview = _icons[job_id] if job_id in _icons else _icons.new(job_id)
    preview.image_size = width, height
    preview.image_pixels_float.foreach_set(pixels)
    return True


def is_small(path: Path) -> bool:
    """Return whether there is a PNG file that Blender can open in no time, and whose picture does not fill the
    memory."""
    try:
        header = small_files.read(path, MOST_BYTES)[: _SIZE.stop]
    except OSError:
        return False
    width, height = struct.unpack(">II", header[_SIZE].ljust(8, b"\0"))
    return header.startswith(b"\x89PNG") and 0 < width * height <= MOST_PIXELS
