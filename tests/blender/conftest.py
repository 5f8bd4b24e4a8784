"""Real Blender for every test here: an empty edit, the add-on enabled as an artist would have it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

sys.path.append(str(Path(__file__).parents[2]))  # Blender's own Python does not know the project

import fcvg_blender
from edits import Edit


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
