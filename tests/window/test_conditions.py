# SPDX-License-Identifier: GPL-3.0-or-later
"""FCVG in a real window: what it lacks, conditions over the edit, undo, and pictures while they are denoised.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_conditions.py -- OUT_DIR

The networks are tiny and untrained: what is denoised stays noise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage

TESTS = Path(__file__).parents[1]
GAP = 12


def make_models(folder: Path) -> None:
    """All model files, by the engine's own Python; 0.4 GB."""
    shutil.rmtree(folder, ignore_errors=True)
    program = "import sys, pathlib, checkpoints; checkpoints.write(pathlib.Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
    subprocess.run([stage.addon("engine.find_python").find().path, "-c", program, folder], env=environment, check=True)


def choose_models(folder: Path) -> None:
    """In the preferences where there are any, as an artist does."""
    addon = bpy.context.preferences.addons.get(stage.addon("settings.addon_choices").ADDON_ID)
    if addon:
        addon.preferences.checkpoints = str(folder)
    else:
        os.environ["FCVG_CHECKPOINTS"] = str(folder)


def status() -> Any:
    return bpy.context.window_manager.fcvg


def overlay() -> Any:
    """The strip of conditions, or None."""
    strips = stage.sequencer_scene().sequence_editor.strips
    return next((strip for strip in strips if strip.fcvg.overlay), None)


def steps() -> stage.Steps:
    stage.register()
    scene = stage.edit(gap=GAP)
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    stage.tall_sidebar()
    yield 0.5
    with bpy.context.temp_override(area=stage.timeline(), region=stage.timeline().regions[-1]):
        bpy.ops.sequencer.view_all()
    scene.fcvg.method = "FCVG"
    for region in stage.timeline().regions:
        region.tag_redraw()
    yield 0.5
    stage.screenshot("unknown")
    assert not status().greeted

    stage.run(bpy.ops.fcvg.check_models)
    yield from stage.until(lambda: status().greeted, "what the engine lacks")
    yield 0.7
    stage.screenshot("lacking")
    assert "fcvg" in {need.name for need in status().lacking}

    models = stage.out_dir() / "models"
    make_models(models)
    choose_models(models)
    stage.run(bpy.ops.fcvg.check_models)
    found = lambda: status().greeted and "fcvg" not in {need.name for need in status().lacking}  # noqa: E731
    yield from stage.until(found, "the engine to find the models")

    sampling = scene.fcvg.sampling
    sampling.work_width, sampling.work_height = 512, 320
    scene.frame_current = 30
    stage.run(bpy.ops.fcvg.preview_conditions)
    yield from stage.until(stage.jobs, "the progress bar")
    yield from stage.until(lambda: overlay().fcvg.state == "DONE", "the conditions", 120)
    yield 0.7
    stage.screenshot("conditions")
    assert not status().error_message
    assert {strip.name for strip in scene.sequence_editor.strips if strip.select} == {"A", "B"}

    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: overlay() is None, "the preview undone by one step")
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: overlay() is not None, "the preview redone")
    assert overlay().fcvg.state == "DONE"

    scene = stage.sequencer_scene()
    sampling = scene.fcvg.sampling
    sampling.steps, sampling.work_width, sampling.work_height = 2, 128, 64
    stage.run(bpy.ops.fcvg.generate_inbetweens)
    yield from stage.until(lambda: stage.jobs() and stage.jobs()[0].sheet, "pictures being denoised", 200)
    yield 0.3
    stage.screenshot("denoising")
    yield from stage.until(lambda: not stage.jobs(), "the end", 120)
    yield 0.7
    stage.screenshot("generated")
    assert not status().error_message, status().error_message
    assert stage.addon("jobs.preview_icons")._icons is None, "pictures are freed when their job ends"
    made = [strip for strip in scene.sequence_editor.strips if strip.fcvg.id and not strip.fcvg.overlay]
    assert [strip.fcvg.state for strip in made] == ["DONE"]
    assert made[0].channel < overlay().channel
    shutil.rmtree(models)


stage.perform(steps)
