# SPDX-License-Identifier: GPL-3.0-or-later
"""FCVG from the click to the strip, with tiny networks in the official files' layout."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from artist import DONE, Shown, files, idle, save, status, turn_until, two_strips
from edits import HEIGHT, WIDTH, Edit, read

from fcvg_blender import compat
from fcvg_blender.edit import strips
from fcvg_blender.engine import find_python
from fcvg_blender.jobs.session import session

GAP = 3
TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with all model files, made by the engine's own Python, and an engine that finds it."""
    folder = tmp_path_factory.mktemp("models")
    program = "import sys, pathlib, checkpoints; checkpoints.write(pathlib.Path(sys.argv[1]))"
    environment = {"PYTHONPATH": f"{TESTS}:{TESTS.parent}", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run([find_python.find().path, "-c", program, folder], env=environment, check=True)
    session.end_engine(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCVG_CHECKPOINTS", str(folder))
        yield folder
        session.end_engine(60)


@pytest.fixture
def fcvg(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edit]:
    """Two strips, FCVG in two steps at the smallest size, in Blender with a window."""
    monkeypatch.setattr(compat, "has_window", lambda: True)
    two_strips(edit, gap=GAP)
    save(edit)
    edit.settings.method, edit.settings.seed, edit.settings.draft_first = "FCVG", 5, False
    sampling = edit.settings.sampling
    sampling.steps, sampling.work_width, sampling.work_height = 2, 64, 64
    yield edit
    bpy.ops.fcvg.cancel()
    turn_until(idle)


def pixels(strip: Any) -> np.ndarray[Any, Any]:
    """All frames of a strip, float32 [F, H, W, 4]."""
    return np.stack([read(strips.folder(strip) / file) for file in files(strip)])


def test_the_engine_finds_all_it_needs(fcvg: Edit) -> None:
    bpy.ops.fcvg.check_models()
    assert status().greeted
    assert "fcvg" not in {need.name for need in status().lacking}


def test_frames_come_after_previews_and_the_same_seed_gives_them_again(fcvg: Edit) -> None:
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(lambda: not status().jobs or status().jobs[0].sheet_step)
    assert status().jobs[0].sheet_step.endswith("of 2"), status().error_message
    turn_until(idle)
    ((_, first),) = strips.ours()
    record = first.fcvg
    assert (record.state, record.method_used, record.count, record.made) == (DONE, "fcvg", GAP, GAP)
    made = pixels(first)
    assert made.shape == (GAP, HEIGHT, WIDTH, 4)
    assert np.isfinite(made).all()
    assert made[..., :3].std() > 0.01, "a picture, not one colour"
    assert (made[..., 3] == 1).all()
    assert "processor" in record.notes, "how long it takes there is told"

    fcvg.select("A", "B")
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(idle)
    (second,) = (strip for _, strip in strips.ours() if strip.fcvg.id != record.id)
    assert second.fcvg.state == DONE
    assert np.array_equal(pixels(second), made)


def test_cancelled_between_two_steps_it_leaves_nothing(fcvg: Edit) -> None:
    before = Shown.of(fcvg.scene)
    fcvg.settings.sampling.steps = 3
    bpy.ops.fcvg.generate_inbetweens()
    ((_, strip),) = strips.ours()
    folder = strips.folder(strip)
    turn_until(lambda: not status().jobs or status().jobs[0].sheet_step)
    bpy.ops.fcvg.cancel()
    assert Shown.of(fcvg.scene) == before
    turn_until(lambda: idle() and not folder.exists())
    assert not status().error_message
