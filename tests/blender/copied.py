# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies strips of inbetweens in every way that artists do: with their scene, out of a file, within the edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
from edits import Edit

from fcvg_blender import compat


def full_copy(edit: Edit) -> Edit:
    """Scene > New > Full Copy."""
    with bpy.context.temp_override(scene=edit.scene):
        bpy.ops.scene.new(type="FULL_COPY")
    copy = next(scene for scene in bpy.data.scenes if scene.name == f"{edit.scene.name}.001")
    show(edit)
    return Edit(copy, edit.folder)


def earlier_name(edit: Edit) -> Edit:
    """A full copy that the artist has called by a name that comes before the original's."""
    copy = full_copy(edit)
    copy.scene.name = "A backup"
    return copy


def script(edit: Edit) -> Edit:
    """What scripts do."""
    return Edit(edit.scene.copy(), edit.folder)


def appended(edit: Edit) -> Edit:
    """File > Append, the scene of a copy of this file."""
    path = edit.folder / "copy of the file.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    with bpy.data.libraries.load(str(path)) as (_, into):
        into.scenes = [edit.scene.name]
    return Edit(into.scenes[0], edit.folder)


def duplicated(edit: Edit) -> Edit:
    """All strips selected, Shift D, dropped far to the right in the same edit."""
    _select_all(edit)
    before = {strip.name for strip in compat.strips(edit.scene)}
    with _in_sequencer():
        bpy.ops.sequencer.duplicate()
    _move([strip for strip in compat.strips(edit.scene) if strip.name not in before])
    return edit


def duplicated_above(edit: Edit) -> Edit:
    """The inbetweens alone, Shift D, dropped on a channel above."""
    (strip,) = (each for each in compat.strips(edit.scene) if each.fcvg.id)
    edit.select(strip.name)
    with _in_sequencer():
        bpy.ops.sequencer.duplicate()
    copy = next(each for each in compat.strips(edit.scene) if each.fcvg.id and each.name != strip.name)
    copy.channel = 9
    return edit


def pasted(edit: Edit) -> Edit:
    """All strips selected, Ctrl C, Ctrl V further on in the same edit."""
    _select_all(edit)
    edit.scene.frame_current = 400
    with _in_sequencer():
        bpy.ops.sequencer.copy()
        bpy.ops.sequencer.paste()
    return edit


SCENES: tuple[Callable[[Edit], Edit], ...] = (full_copy, earlier_name, script, appended)
STRIPS: tuple[Callable[[Edit], Edit], ...] = (duplicated, duplicated_above, pasted)


def show(edit: Edit) -> None:
    """Let window and sequencer show the edit."""
    bpy.context.window.scene = edit.scene
    compat.choose_scene(bpy.context, edit.scene)


def inbetweens(edit: Edit) -> list[Any]:
    """The strips of inbetweens of this scene, the earliest and lowest first."""
    found = [strip for strip in compat.all_strips(edit.scene) if strip.type == "IMAGE" and strip.fcvg.id]
    return sorted(found, key=lambda strip: (compat.left(strip), strip.channel))


def make_active(edit: Edit, strip: Any) -> None:
    """Show the edit and select this strip of it alone."""
    show(edit)
    edit.select(strip.name)


def _select_all(edit: Edit) -> None:
    edit.select(*(strip.name for strip in compat.strips(edit.scene)))


def _move(strips: list[Any]) -> None:
    for strip in strips:
        compat.shift(strip, 300)


@contextmanager
def _in_sequencer() -> Iterator[None]:
    area = bpy.context.screen.areas[0]
    before, area.type = area.type, "SEQUENCE_EDITOR"
    region = next(each for each in area.regions if each.type == "WINDOW")
    try:
        with bpy.context.temp_override(area=area, region=region):
            yield
    finally:
        area.type = before
