# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long an installation holds up Blender's main thread, in a real window.

    tools/real_blender.sh run --app-template Video_Editing --window-geometry 0 0 1600 900 \\
        --python tests/window/measure_install.py -- OUT_DIR

The real installer with small packages out of a folder. Writes measure_install.json: the longest time in milliseconds
that each thing of the add-on took on the main thread, and the longest gap between two beats of a timer that beats
every 5 ms: at rest, while the same areas are redrawn with nothing going on, and during an installation.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage
from main_thread import held_ms, longest_gap_ms, start_beating, timed

TESTS = Path(__file__).resolve().parents[1]
PACKAGES = 40

MAKE = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/client/installer", str(Path(sys.argv[1]).parent)]
from homes import make_site
from hostile_server import HostileServer
from fcvg_blender.engine import transfer
from fcvg_blender.installer import pylock
folder = Path(sys.argv[2])
with HostileServer() as server:
    make_site(server, folder, "1.0", [2_000_000] * int(sys.argv[3]))
uv = transfer.locate([pylock.tools(pylock.platform()).uv], folder, transfer.places())
transfer.fetch(uv, lambda rate: None)
"""


def steps() -> stage.Steps:
    python = os.environ.pop("FCVG_ENGINE_PYTHON")
    folder = stage.out_dir() / "wheels"
    subprocess.run([python, "-c", MAKE, str(TESTS), str(folder), str(PACKAGES)], check=True)
    os.environ["XDG_DATA_HOME"] = str(stage.out_dir() / "data")
    stage.register()
    options = [
        "--wheels",
        str(folder),
        "--lock",
        str(folder / "pylock.1.0.toml"),
        "--no-weights",
        "--self-test",
        "none",
    ]
    install = stage.addon("installer.find_pythons")
    program = str(Path(install.__file__).with_name("install.py"))
    install.command = lambda verb, *words: [python, "-I", program, verb, *words, *options]
    timer, background_tasks = stage.addon("jobs.timer"), stage.addon("tasks.background").background_tasks
    timed(timer, "tick", "tick")
    timed(timer, "wake", "wake")
    timed(type(background_tasks), "install", "start of a command")
    timed(stage.addon("ui.panels.tab"), "draw_engine", "panel")
    timed(stage.addon("ui.preferences_engine"), "draw", "preferences")
    stage.edit()
    yield from stage.show_sidebars()
    bpy.context.preferences.system.use_online_access = True
    preferences = stage.addon("settings.addon_choices").of_addon(bpy.context)
    preferences.section = "ENGINE"
    bpy.ops.preferences.addon_show("INVOKE_DEFAULT", module=stage.EXTENSION)
    yield 2.0
    start_beating()
    yield 3.0
    figures: dict[str, Any] = {"gap_at_rest_ms": longest_gap_ms()}
    for _ in range(6):  # as while something runs, but nothing does: what drawing alone costs Blender here
        timer._redraw()
        yield 0.5
    figures["gap_while_redrawing_ms"] = longest_gap_ms()
    began_s = time.monotonic()
    bpy.ops.fcvg.install_engine("EXEC_DEFAULT")
    yield from stage.until(lambda: not background_tasks.active, "the installation")
    figures["install_s"] = round(time.monotonic() - began_s, 1)
    figures["gap_while_installing_ms"] = longest_gap_ms()
    assert not background_tasks.troubles, background_tasks.troubles
    stage.write_figures("measure_install", {**figures, "held_ms": held_ms})


stage.perform(steps)
