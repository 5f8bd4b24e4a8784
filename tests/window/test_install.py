# SPDX-License-Identifier: GPL-3.0-or-later
"""From a fresh Blender to the first inbetween in four clicks, and the preferences in each state, in a real window.

    tools/real_blender.sh run --app-template Video_Editing --enable-event-simulate --window-geometry 0 0 1600 900 \\
        --python tests/window/test_install.py -- OUT_DIR

The installer is a program that says what the real one says; the engine and its commands are real.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import stage

TESTS = Path(__file__).resolve().parents[1]

clicks: list[str] = []


def status() -> Any:
    return bpy.context.window_manager.fcvg


def preferences() -> Any:
    return stage.addon("settings.addon_choices").of_addon(bpy.context)


def prepare() -> None:
    """Nobody has ever installed anything here."""
    os.environ["FCVG_SCRIPT_ENGINE"] = os.environ.pop("FCVG_ENGINE_PYTHON")
    os.environ["XDG_DATA_HOME"] = str(stage.out_dir() / "data")
    python = os.environ["FCVG_SCRIPT_ENGINE"]

    def command(verb: str, *options: str) -> list[str]:
        return [python, "-I", str(TESTS / "scripted_installer.py"), verb, *options]

    stage.addon("installer.find_pythons").command = command
    stage.addon("tasks.engine_state").forget()


def click(operator: Any, name: str) -> None:
    """One that counts."""
    clicks.append(name)
    stage.run(operator)


def press_ok() -> stage.Steps:
    """In the dialog that is open."""
    clicks.append("OK")
    yield from stage.press("RET")


def bar(key: str) -> Any:
    return next((each for each in status().chores if each.name == key), None)


def show_preferences(section: str) -> stage.Steps:
    preferences().section = section
    if len(bpy.context.window_manager.windows) == 1:
        bpy.ops.preferences.addon_show("INVOKE_DEFAULT", module=stage.EXTENSION)
        yield 1.0
    redraw()
    yield 0.7


def close_preferences() -> None:
    window = bpy.context.window_manager.windows[-1]
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.window_close()


def redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            area.tag_redraw()


def steps() -> stage.Steps:
    stage.register()
    prepare()
    os.environ["FCVG_SCRIPT_STEPS"] = "110"
    stage.edit()
    yield from stage.press("ESC")
    yield from stage.show_sidebars()
    yield 0.5
    stage.screenshot("1_offline")
    assert not bpy.app.online_access
    click(bpy.ops.fcvg.allow_online, "Allow Online Access")
    redraw()
    yield 0.5
    assert bpy.app.online_access
    stage.screenshot("2_not_installed")
    yield from show_preferences("ENGINE")
    stage.screenshot("2_not_installed_preferences")
    close_preferences()

    click(bpy.ops.fcvg.install_engine, "Install Engine")
    background_tasks = stage.addon("tasks.background").background_tasks
    yield from stage.until(lambda: "plan" in background_tasks.plans, "the plan")
    yield from stage.until(lambda: len(background_tasks.plans) == 4, "the plans of the other accelerators")
    yield 0.5
    stage.screenshot("3_dialog")
    yield from press_ok()
    yield from stage.until(lambda: bar("engine") and bar("engine").fraction > 0.3, "the bar")
    yield 0.6
    stage.screenshot("4_installing")
    yield from show_preferences("ENGINE")
    stage.screenshot("5_installing_preferences")
    close_preferences()
    yield from stage.until(lambda: not background_tasks.active, "the engine")
    state = stage.addon("tasks.engine_state").read_state("")
    assert state.kind == "current", state
    stage.sequencer_scene().fcvg.method = "DISSOLVE"
    clicks.append("Generate")
    stage.click()
    yield from stage.until(lambda: stage.ours() and stage.ours().fcvg.made, "the first inbetween")
    assert len(clicks) <= 4, clicks
    yield 0.7
    stage.screenshot("6_first_inbetween")
    yield from stage.until(lambda: stage.ours().fcvg.state == "DONE", "all inbetweens")

    yield from show_preferences("ENGINE")
    stage.run(bpy.ops.fcvg.run_doctor)
    yield from stage.until(lambda: status().findings, "the doctor")
    redraw()
    yield 0.7
    stage.screenshot("7_doctor")
    yield from show_preferences("MODELS")
    yield from stage.until(lambda: len(status().models) > 5, "the table")
    redraw()
    yield 0.7
    stage.screenshot("8_models")
    close_preferences()
    stage.run(bpy.ops.fcvg.download_model, name="svd-xt")
    yield 0.5
    stage.screenshot("9_download_dialog")
    yield from stage.press("ESC")
    preferences().commercial_only = True
    yield from show_preferences("MODELS")
    stage.screenshot("10_commercial")
    yield from show_preferences("OPTIONS")
    stage.screenshot("11_options")
    yield from show_preferences("STUDIO")
    stage.screenshot("12_studio")
    close_preferences()

    stage.sequencer_scene().fcvg.method = "FCVG"
    os.environ["FCVG_SCRIPT_FAULT"] = "disk"
    stage.run(bpy.ops.fcvg.repair_engine)
    yield from stage.until(lambda: status().troubles, "the error")
    yield from show_preferences("ENGINE")
    stage.screenshot("13_error")
    assert stage.addon("tasks.engine_state").read_state("").kind == "current", "the old engine still works"
    close_preferences()


stage.perform(steps)
