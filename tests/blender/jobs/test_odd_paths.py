# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault 33 in Blender: projects, keys and strips whose names would mean something to a shell, a pattern or a path."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from artist import DONE, is_dissolve, ours, save, two_strips
from edits import Edit, read

from fcvg_blender.edit import strips

# No backslashes: Blender itself takes them for slashes, and finds no such file.
ODD_NAMES = [
    "with  two spaces",
    "ünïcödé 画 نص 🎬",
    'it\'s "quoted" `id`',
    "-rf",
    "$HOME; rm & | > %04d *?",
    "#### {0} %s",
    "new\nline",
    "...",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_inbetweens_are_made_shown_and_found_again(edit: Edit, tmp_path: Path, name: str) -> None:
    project = Edit(edit.scene, tmp_path / name / "project")
    two_strips(project)
    for key in "AB":
        strip = edit.named(key)
        (project.folder / f"{key}.png").rename(project.folder / f"{name}{key}.png")
        strip.elements[0].filename = f"{name}{key}.png"
        strip.name = f"{name}{key}"
    save(project)
    assert bpy.ops.fcvg.generate_inbetweens() == {"FINISHED"}
    folder = strips.folder(ours())
    assert folder.parent == project.folder / "inbetweens"
    assert is_dissolve(folder, read)
    shown = edit.rendered(13)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    edit.scene = bpy.context.scene
    assert ours().fcvg.state == DONE
    assert strips.folder(ours()) == folder
    assert (edit.rendered(13) == shown).all()
    assert {path.name for path in tmp_path.iterdir()} == {name, "rendered.png"}, "nothing elsewhere"
