# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses keys whose files are missing or broken, before they are rendered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..edit import reach
from ..engine import errors
from ..i18n.translate import rpt
from . import shown_file


def check(strip: Any, frame: int) -> None:
    """Raises BadImage where a file that the strip shows on `frame` is missing or broken.

    Blender would render it as nothing or as plain magenta, and the engine would take that for the picture.
    """
    if strip.type == "IMAGE":
        element = strip.strip_elem_from_frame(frame)
        _check_file(strip, Path(bpy.path.abspath(strip.directory), element.filename), shown_file.is_shown)
    elif strip.type == "MOVIE":
        _check_file(strip, Path(bpy.path.abspath(strip.filepath)), lambda path: strip.fps > 0)
    elif strip.type == "SCENE" and strip.scene is None:
        raise errors.BadImage(
            rpt("“{name}” has lost its scene.").format(name=strip.name), "Choose a scene for the strip."
        )
    elif strip.type == "META":
        for inner in compat.contents(strip):
            if not inner.mute and compat.left(inner) <= frame < compat.right(inner):
                check(inner, frame)
    for source in compat.inputs(strip):
        check(source, frame)


def _check_file(strip: Any, path: Path, opens: Callable[[Path], bool]) -> None:
    if not reach.is_file(path):
        raise errors.BadImage(
            rpt("The file of “{name}” is missing: {path}").format(name=strip.name, path=path),
            "Bring the file back, or choose File ▸ External Data ▸ Find Missing Files.",
        )
    if not opens(path):
        raise errors.BadImage(
            rpt("The file of “{name}” cannot be read: {path}").format(name=strip.name, path=path),
            "It may be cut short or no picture at all.",
        )
