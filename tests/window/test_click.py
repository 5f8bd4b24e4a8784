# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist's click in a real window: search for the operator, press Enter, watch frames appear, undo, redo.

    tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \\
        --window-geometry 0 0 1600 900 --python tests/window/test_click.py -- OUT_DIR

How fast that is, `measure_click.py` tells.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage


def prefetches() -> bool:
    return bool(stage.sequencer_scene().sequence_editor.use_prefetch)


def saved_prefetches() -> bool:
    """The same of a copy of the file as it would be saved now. It is linked: what is appended would be made, too."""
    path = str(stage.out_dir() / "copy.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    with bpy.data.libraries.load(path, link=True) as (_, loaded):
        loaded.scenes = [stage.sequencer_scene().name]
    saved = bool(loaded.scenes[0].sequence_editor.use_prefetch)
    bpy.data.libraries.remove(loaded.scenes[0].library)
    return saved


def steps() -> stage.Steps:
    stage.register()
    scene = stage.edit()
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    stage.screenshot("ready")

    scene.fcvg.method = "DISSOLVE"
    scene.frame_current = 30
    yield from stage.press("F3", *"GENERATE", "SPACE", *"INBETWEENS")
    yield 0.3
    yield from stage.press("RET")
    yield from stage.until(stage.jobs, "the progress bar")
    assert not prefetches(), "Blender would read ahead what is about to change"
    assert saved_prefetches(), "a file saved now has the artist's setting"
    assert not prefetches()
    yield from stage.until(lambda: stage.ours() and stage.ours().fcvg.made, "the first frame")
    stage.screenshot("running")
    yield from stage.until(lambda: stage.ours().fcvg.state == "DONE", "all frames")
    yield 0.5
    stage.screenshot("done")
    files = {element.filename for element in stage.ours().elements}
    assert len(files) == 12, files
    assert prefetches()

    yield from stage.press("Z", ctrl=True)
    yield from stage.until(lambda: stage.ours() is None, "the generation undone by one step")
    yield from stage.press("Z", ctrl=True, shift=True)
    yield from stage.until(lambda: stage.ours() is not None, "the generation redone")
    assert stage.ours().fcvg.state == "DONE"
    assert {element.filename for element in stage.ours().elements} == files, "redo shows all frames"
    assert prefetches(), "though redo brought back the moment of the click"

    long_text = "A sentence that is too long for a narrow sidebar, so that it has to be broken."
    region = next(region for region in stage.timeline().regions if region.type == "UI")
    with bpy.context.temp_override(area=stage.timeline(), region=region):
        lines = stage.addon("ui.text_layout").wrapped(bpy.context, long_text)
    assert len(lines) > 1
    assert " ".join(lines) == long_text

    stage.click()
    assert not prefetches()
    stage.addon("registration").unregister()
    assert prefetches(), "disabling the add-on gives the artist's setting back"


stage.perform(steps)
