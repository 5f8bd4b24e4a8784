# SPDX-License-Identifier: GPL-3.0-or-later
"""Installing from inside Blender: what the artist sees and can do meanwhile, with a program that says what the real
installer says; its engine works. The real one is tested by itself, and in continuous integration through this button.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from artist import DONE, HANG_S, idle, ours, status, turn_until, two_strips
from drawn_panels import drawn, drawn_preferences
from edits import Edit

import fcvg_blender
from fcvg_blender.engine import find_python, installed_engines, places
from fcvg_blender.installer import find_pythons
from fcvg_blender.jobs import operator_result, timer
from fcvg_blender.jobs.publish import publish_jobs
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import addon_choices
from fcvg_blender.tasks import background, engine_state, error_report
from fcvg_blender.tasks.background import ENGINE, background_tasks
from fcvg_blender.ui.panels import tab

ROOT = Path(__file__).resolve().parents[3]
ENGINE_PYTHON = os.environ.get("FCVG_ENGINE_PYTHON", str(ROOT / ".venv" / "bin" / "python"))


@pytest.fixture(autouse=True)
def fresh(edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user who has never installed anything; the folder for the user's data."""
    session.end_engine(HANG_S)
    source = tmp_path / "source"  # a checkout's own environment would count as an engine
    source.mkdir()
    for name in ("fcvg_engine", "fcvg_blender"):
        (source / name).symlink_to(ROOT / name)
    monkeypatch.setattr(places, "root", lambda: source)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("FCVG_SCRIPT_ENGINE", ENGINE_PYTHON)
    monkeypatch.delenv(find_python.VARIABLE, raising=False)
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", True)
    script = str(ROOT / "tests" / "scripted_installer.py")
    monkeypatch.setattr(find_pythons, "command", lambda verb, *words: [sys.executable, "-I", script, verb, *words])
    forget()
    yield tmp_path / "data" / "fcvg"
    background_tasks.close(HANG_S)
    session.end_engine(HANG_S)
    forget()
    publish_jobs()
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


@pytest.fixture
def with_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators return at once, and the test turns the timer."""
    monkeypatch.setenv("FCVG_SCRIPT_STEPS", "400")

    def settle(operator: Any, task: background.BackgroundTask) -> operator_result.Result:
        timer.wake()
        return {"FINISHED"}

    monkeypatch.setattr(operator_result, "settle_task", settle)


def forget() -> None:
    background_tasks.troubles.clear()
    background_tasks.plans.clear()
    background_tasks.models.clear()
    background_tasks.notes.clear()
    background_tasks.findings, background_tasks.engine_is_stale = None, False
    engine_state.forget()
    background_tasks.publish()


def state() -> engine_state.EngineState:
    engine_state.forget()
    return engine_state.read_state("")


def bar() -> Any:
    """The progress bar as it is shown, None without."""
    return next((each for each in status().chores if each.name == ENGINE), None)


def begin() -> int:
    """An installation that is well under way; its process."""
    bpy.ops.fcvg.install_engine()
    turn_until(lambda: bar() and bar().fraction > 0)
    pid = background_tasks.running[ENGINE].command.pid
    assert pid
    return pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_without_an_engine_the_panel_offers_to_install_it(edit: Edit) -> None:
    two_strips(edit)
    sheet = drawn(tab.FCVG_PT_inbetween)
    assert "The inbetweening engine is not installed yet." in sheet.texts
    assert sheet.buttons[:2] == ["fcvg.install_engine", "fcvg.generate_inbetweens"]
    with pytest.raises(RuntimeError, match=r"not installed yet.*Install Engine"):
        bpy.ops.fcvg.generate_inbetweens()


def test_offline_the_panel_offers_online_access_first(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    assert "fcvg.install_engine" not in drawn(tab.FCVG_PT_inbetween).buttons
    assert "fcvg.allow_online" in drawn(tab.FCVG_PT_inbetween).buttons
    assert bpy.ops.fcvg.allow_online() == {"FINISHED"}
    assert bpy.app.online_access
    assert "fcvg.install_engine" in drawn(tab.FCVG_PT_inbetween).buttons


def test_one_call_installs_and_the_next_generates(edit: Edit, fresh: Path) -> None:
    two_strips(edit)
    assert state().kind == engine_state.NONE
    assert bpy.ops.fcvg.install_engine() == {"FINISHED"}
    assert state().kind == engine_state.CURRENT
    assert "torch 2.13.0" in state().text
    assert "fcvg.install_engine" not in drawn(tab.FCVG_PT_inbetween).buttons
    bpy.ops.fcvg.generate_inbetweens()
    assert ours().fcvg.state == DONE
    assert session.client is not None
    assert session.client.launch.python.is_relative_to(fresh / "engines")


def test_the_accelerator_can_be_chosen() -> None:
    bpy.ops.fcvg.install_engine(accelerator="ROCM")
    stamp = installed_engines.current()
    assert stamp is not None
    assert stamp.accelerator == "rocm"


def test_what_went_wrong_is_raised_in_a_script_and_shown_with_its_cure(edit: Edit, monkeypatch) -> None:
    monkeypatch.setenv("FCVG_SCRIPT_FAULT", "disk")
    with pytest.raises(RuntimeError, match=r"The disk is full\. Free some space"):
        bpy.ops.fcvg.install_engine()
    for sheet in (drawn(tab.FCVG_PT_inbetween), drawn_preferences("ENGINE")):
        assert "The disk is full." in sheet.texts
        assert {"fcvg.copy_install_report", "fcvg.open_install_log", "fcvg.dismiss_trouble"} <= set(sheet.buttons)
        assert "fcvg.install_engine" in sheet.buttons, "and it can be tried again"
    bpy.ops.fcvg.dismiss_trouble(key=ENGINE)
    assert "The disk is full." not in drawn(tab.FCVG_PT_inbetween).texts


def test_an_installer_that_dies_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_SCRIPT_FAULT", "crash")
    with pytest.raises(RuntimeError, match=r"stopped unexpectedly .*Segmentation fault, say"):
        bpy.ops.fcvg.install_engine()


def test_package_bytes_rate_and_time_left_are_told_while_blender_is_free(edit: Edit, with_a_window) -> None:
    began_s = time.perf_counter()
    bpy.ops.fcvg.install_engine()
    assert time.perf_counter() - began_s < HANG_S / 10
    turn_until(lambda: bar() and bar().fraction > 0.01)
    assert bar().stage == "Downloading torch, torchvision"
    assert re.fullmatch(r"\d+ of 192 MB, 11 MB/s, \d+ s left", bar().words)
    for sheet in (drawn(tab.FCVG_PT_inbetween), drawn_preferences("ENGINE")):
        assert any("Downloading torch" in text for text in sheet.texts)
        assert "fcvg.cancel_chore" in sheet.buttons
        assert "fcvg.install_engine" not in sheet.buttons
    two_strips(edit)
    assert edit.select("A", "B"), "the artist goes on editing"
    assert not bpy.ops.fcvg.install_engine.poll(), "one installer is enough"


def test_cancelled_it_stops_and_says_nothing(with_a_window) -> None:
    pid = begin()
    bpy.ops.fcvg.cancel_chore(key=ENGINE)
    turn_until(idle)
    assert not is_running(pid)
    assert bar() is None
    assert not status().troubles
    assert state().kind == engine_state.NONE


def test_another_file_undo_and_redo_leave_it_alone(edit: Edit, with_a_window) -> None:
    two_strips(edit)
    bpy.ops.ed.undo_push(message="Edit")
    pid = begin()
    bpy.context.scene.timeline_markers.new("note", frame=3)
    bpy.ops.ed.undo_push(message="Marker")
    bpy.ops.ed.undo()
    bpy.ops.ed.redo()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    before = bar().fraction
    turn_until(lambda: bar() and bar().fraction > before)
    assert is_running(pid)


def test_disabling_the_addon_leaves_no_process(with_a_window) -> None:
    pid = begin()
    fcvg_blender.unregister()
    try:
        assert not is_running(pid)
        assert not bpy.app.timers.is_registered(timer.tick)
    finally:
        fcvg_blender.register()


def test_it_goes_on_while_a_render_keeps_the_edit_locked(with_a_window, monkeypatch: pytest.MonkeyPatch) -> None:
    begin()
    monkeypatch.setattr(timer, "_must_wait", lambda: True)
    before = background_tasks.running[ENGINE].progress.fraction
    turn_until(lambda: background_tasks.running[ENGINE].progress.fraction > before)


def test_when_it_is_there_the_engine_is_warm_and_the_models_are_known(with_a_window, monkeypatch) -> None:
    monkeypatch.setenv("FCVG_SCRIPT_STEPS", "2")
    bpy.ops.fcvg.install_engine()
    turn_until(lambda: status().greeted and status().models)
    assert session.client is not None
    assert session.client.state == "ready"


def test_the_dialog_waits_for_the_look_at_this_computer(with_a_window) -> None:
    task = background_tasks.install("check", addon_choices.read(bpy.context))
    background_tasks.look_at("cpu", addon_choices.read(bpy.context))
    turn_until(idle)
    assert background_tasks.plans["plan"].accelerator == "cuda"
    assert background_tasks.plans["plan"].download_bytes > background_tasks.plans["plan:cpu"].download_bytes
    assert task.key == "plan"


def test_an_outdated_engine_works_and_offers_its_update(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    bpy.ops.fcvg.install_engine()
    monkeypatch.setattr(engine_state, "_lock_sha256", lambda *_: "another")
    assert state().kind == engine_state.OUTDATED
    assert "fcvg.update_engine" in drawn(tab.FCVG_PT_inbetween).buttons
    assert "fcvg.update_engine" in drawn_preferences("ENGINE").buttons
    two_strips(edit)
    bpy.ops.fcvg.generate_inbetweens()
    assert ours().fcvg.state == DONE
    first = installed_engines.pointed()
    assert bpy.ops.fcvg.update_engine() == {"FINISHED"}
    assert installed_engines.pointed() != first


def test_a_broken_engine_offers_its_repair(edit: Edit) -> None:
    bpy.ops.fcvg.install_engine()
    pointed = installed_engines.pointed()
    assert pointed is not None
    shutil.rmtree(pointed / "bin")
    assert state().kind == engine_state.BROKEN
    assert "fcvg.repair_engine" in drawn(tab.FCVG_PT_inbetween).buttons
    assert bpy.ops.fcvg.repair_engine() == {"FINISHED"}
    assert state().kind == engine_state.CURRENT


def test_removing_it_ends_what_runs(edit: Edit) -> None:
    two_strips(edit)
    bpy.ops.fcvg.install_engine()
    bpy.ops.fcvg.generate_inbetweens()
    assert bpy.ops.fcvg.remove_engine() == {"FINISHED"}
    assert state().kind == engine_state.NONE
    turn_until(idle)
    assert session.client is None or session.client.state == "off"


def test_another_engine_is_named_and_nothing_is_installed_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(find_python.VARIABLE, ENGINE_PYTHON)
    assert state().kind == engine_state.EXTERNAL
    assert f"named by {find_python.VARIABLE}" in state().text
    assert not bpy.ops.fcvg.install_engine.poll()
    monkeypatch.setenv(find_python.VARIABLE, "/nowhere/python")
    assert state().python is None
    assert "is not there" in state().text


def test_the_report_tells_everything_but_who(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(fresh))
    monkeypatch.setenv("FCVG_SCRIPT_FAULT", "disk")
    with pytest.raises(RuntimeError):
        bpy.ops.fcvg.install_engine()
    background_tasks.wait(background_tasks.install("check", addon_choices.read(bpy.context)))
    (fresh / "install.log").write_text(f"uv said so in {fresh}/downloads\n")
    text = error_report.of_installation(
        "5.2", True, "none", list(background_tasks.plans.values()), background_tasks.troubles, fresh / "install.log"
    )
    for wanted in ("5.2", "GeForce RTX 4070", "The disk is full.", "uv said so in ~/downloads", "OSError"):
        assert wanted in text
    assert str(fresh) not in text
    assert bpy.ops.fcvg.copy_install_report() == {"FINISHED"}


def test_the_timer_rests_when_nothing_runs(with_a_window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCVG_SCRIPT_STEPS", "2")
    bpy.ops.fcvg.install_engine()
    turn_until(idle)
    assert timer.tick() is None


def test_studio_settings_reach_the_installer(monkeypatch: pytest.MonkeyPatch) -> None:
    choices = addon_choices.Choices(studio=(("FCVG_INDEX_URL", "https://packages.studio/simple"),))
    assert choices.environment()["FCVG_INDEX_URL"] == "https://packages.studio/simple"
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    assert choices.environment()["FCVG_OFFLINE"] == "1"


def test_saved_preferences_are_read_again(tmp_path: Path) -> None:
    addon = bpy.context.preferences.addons.new()
    try:
        addon.module = addon_choices.ADDON_ID
        kept = addon.preferences
        kept.index_url, kept.commercial_only = "https://packages.studio/simple", True
        kept.models_folder = str(tmp_path)
        choices = addon_choices.read(bpy.context)
        assert choices.commercial_only
        assert dict(choices.studio) == {"FCVG_INDEX_URL": kept.index_url, "FCVG_MODELS": str(tmp_path)}
        bpy.ops.fcvg.install_engine()
        assert choices.launch().environment({})["FCVG_MODELS"] == str(tmp_path), "the engine looks there too"
    finally:
        bpy.context.preferences.addons.remove(addon)
