# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Blender for every test here: an empty edit, the add-on enabled as an artist would have it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Before Blender looks for them: what it keeps for its user is not to be the user's own.
os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="fcvg-blender-")

import bpy
import pytest

sys.path.append(str(Path(__file__).parents[2]))  # Blender's own Python does not know the project

from edits import Edit

import fcvg_blender

RUNS_IN = "blender"

_STATUS = pytest.StashKey[int]()


@pytest.fixture(scope="session", autouse=True)
def addon() -> Iterator[None]:
    """The add-on, registered once; taken back so that no timer keeps the interpreter alive."""
    fcvg_blender.register()
    yield
    fcvg_blender.unregister()


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """A new file, never saved, with an empty edit of 64 × 36 pixels, AgX as in Blender's own default."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    workspace = bpy.context.window.workspace
    if hasattr(workspace, "sequencer_scene"):  # since 5.0 the sequencer shows a scene of its own
        workspace.sequencer_scene = bpy.context.scene
    return Edit(bpy.context.scene, tmp_path)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep how it went for the end below."""
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without taking Python down: bpy 4.2 crashes there once property groups with methods were registered."""
    shutil.rmtree(os.environ["BLENDER_USER_RESOURCES"], ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash.get(_STATUS, 1))
