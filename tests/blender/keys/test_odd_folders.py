# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders whose names mean something to Blender elsewhere: braces, number signs, per cent. Here they are names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from edits import Edit, read
from shots3d import Shot3D

from fcvg_blender import compat
from fcvg_blender.edit import gaps, strips
from fcvg_blender.keys import render_keys
from fcvg_blender.settings import strip_record

NAMES = [
    *("{scene_name}", "{blend_name}", "{blend_dir}", "{frame}", "{fps:.2f}", "shot {01}", "{", "}", "}{", "{}", "{{}}"),
    *("{{scene_name}}", "{{", "}}", "a{b", "{:", "####", "take #3", "100%", "%d %s", "{原画}", "%04d{#}"),
]


def generated(seed: int) -> str:
    """A name by chance, of pieces that are odd."""
    dice = random.Random(seed)
    pieces = ["{", "}", "{{", "}}", "#", "##", "%", "%d", ":", "scene_name", "frame", "blend_name", "x", " ", "é"]
    name = "".join(dice.choice(pieces) for _ in range(dice.randint(2, 9)))
    return name.replace(":", "") if name.strip(" ") else "{"


EVERY = pytest.mark.parametrize("name", [*NAMES, *(generated(seed) for seed in range(12))])


@pytest.fixture
def beside_everything(edit: Edit) -> Iterator[None]:
    """Nothing is written beside the folder that is meant."""
    yield
    assert len(list(edit.folder.iterdir())) == 1


@pytest.fixture
def temporary() -> Iterator[None]:
    """The artist's temporary folder is as before, after the test."""
    paths = bpy.context.preferences.filepaths
    before = paths.temporary_directory
    yield
    paths.temporary_directory = before


def folder_of(edit: Edit, name: str) -> Path:
    folder = edit.folder / name / "film"
    folder.mkdir(parents=True)
    return folder


@EVERY
def test_keys_of_a_3d_scene_lie_beside_the_film(edit: Edit, beside_everything: None, name: str) -> None:
    folder = folder_of(edit, name)
    shot = Shot3D(edit.folder)
    shot.move(1, 8)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "film.blend"))
    assert bpy.ops.fcvg.inbetween_keyframes() == {"FINISHED"}
    edit_scene = bpy.data.scenes["Scene Edit"]
    keys = [strip for strip in compat.all_strips(edit_scene) if strip.fcvg.still_scene]
    pictures = [strips.folder(strip) / strip.elements[0].filename for strip in keys]
    assert len(pictures) == 2
    assert all(picture.is_relative_to(folder) and read(picture).any() for picture in pictures)
    ((_, inbetweens),) = strips.ours()
    assert inbetweens.fcvg.state == strip_record.DONE


@EVERY
def test_keys_are_rendered_in_any_temporary_folder(
    edit: Edit, beside_everything: None, temporary: None, name: str
) -> None:
    folder = folder_of(edit, name)
    bpy.context.preferences.filepaths.temporary_directory = str(folder)
    assert Path(bpy.app.tempdir).is_relative_to(folder)
    edit.colour("A", 1, 1, 5, (1.0, 0.0, 0.0))
    edit.colour("B", 1, 9, 12, (0.0, 1.0, 0.0))
    shot = gaps.from_selection(edit.scene, edit.select("A", "B"), edit.settings)
    (folder / "keys").mkdir()
    start, end = render_keys.write_keys(edit.scene, shot, folder / "keys", "png")
    assert np.allclose(read(start)[0, 0], (1, 0, 0, 1))
    assert np.allclose(read(end)[0, 0], (0, 1, 0, 1))
