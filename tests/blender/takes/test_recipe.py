# SPDX-License-Identifier: GPL-3.0-or-later
"""A recipe makes the same files again in another folder, by the engine alone."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import bpy
import pytest
from artist import ours, save, two_strips
from edits import Edit

from fcvg_blender.edit import strips
from fcvg_blender.engine import errors, find_python, places
from fcvg_blender.takes import recipe as recipes


def follow(recipe: str, folder: Path) -> None:
    """Run the lines of a recipe as a shell would."""
    environment = {**os.environ, "PYTHONPATH": str(places.root())}
    for line in recipe.splitlines():
        if line and not line.startswith("#"):
            program, *arguments = shlex.split(line)
            assert program == "python"
            done = subprocess.run(
                [find_python.find().path, *arguments], cwd=folder, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr


def test_a_take_and_what_a_new_timing_has_added_are_made_again(edit: Edit, tmp_path: Path) -> None:
    two_strips(edit, gap=5)
    save(edit)
    edit.settings.hold, edit.settings.format = "TWOS", "PNG16"
    bpy.ops.fcvg.generate_inbetweens()
    bpy.ops.fcvg.retime(timing="EASE_OUT", hold="ONES")
    bpy.ops.fcvg.make_missing()
    made = strips.folder(ours())
    recipe = recipes.text(made, "My film")

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for key in ("key_start.png", "key_end.png"):
        shutil.copy(made / key, elsewhere)
        assert hashlib.sha256((made / key).read_bytes()).hexdigest() in recipe
    follow(recipe, elsewhere)
    frames = {path.name: path.read_bytes() for path in made.glob("0*.png")}
    assert len(frames) > 5
    assert {path.name: path.read_bytes() for path in (elsewhere / recipes.OUT).glob("0*.png")} == frames
    assert ours().fcvg.engine_version in recipe
    assert "My film" in recipe


def test_models_and_all_settings_are_told(tmp_path: Path) -> None:
    """Of a method that needs a large graphics card: by its manifest."""
    (tmp_path / "manifest.json").write_text(
        """{"manifest": 1, "state": "done", "method": "fcvg", "device": "cuda", "seed": 77,
        "identity": {"engine": "0.1.0", "count": 2, "method": "fcvg", "timing": [0.25, 0.5], "hold": 1, "seed": -1,
            "format": "exr", "start_sha256": "aa", "end_sha256": "bb",
            "sampling": {"steps": 9, "work_size": "", "preset": "low", "noise_augmentation": 0.02},
            "conditions": {"lines": "auto", "pose": "auto"}},
        "models": [{"name": "svd-xt", "title": "SVD", "licence": "L", "commercial": "no"},
            {"name": "gluestick", "title": "GlueStick", "licence": "MIT", "commercial": "yes"},
            {"name": "superpoint", "title": "SuperPoint", "licence": "L", "commercial": "no"},
            {"name": "of-tomorrow", "title": "Unknown", "licence": "?", "commercial": "no"}],
        "keys": {"start": "C:\\\\film\\\\key_start.exr", "end": "C:\\\\film\\\\key_end.exr"},
        "versions": {"torch": "2.13.0"}, "frames": []}""",
        encoding="utf-8",
    )
    text = recipes.text(tmp_path, "Shot 3, take 2")
    for words in ("SVD (L)", "ae616c24", "b4da958e", "torch 2.13.0", "engine 0.1.0 on cuda"):
        assert words in text
    (line,) = [line for line in text.splitlines() if not line.startswith("#")]
    assert shlex.split(line) == [
        *("python", "-m", "fcvg_engine", "inbetween", "key_start.exr", "key_end.exr", "--out=frames"),
        *("--count=2", "--timing=0.25,0.5", "--hold=1", "--method=fcvg", "--seed=77", "--format=exr", "--device=cuda"),
        *("--steps=9", "--preset=low", "--noise-augmentation=0.02", "--lines=gluestick", "--pose=none"),
    ]


def test_a_take_that_was_never_begun_has_none(tmp_path: Path) -> None:
    with pytest.raises(errors.BadRequest, match="nothing in"):
        recipes.text(tmp_path, "Shot 3")
