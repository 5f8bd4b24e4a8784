# SPDX-License-Identifier: GPL-3.0-or-later
"""Undo, redo and opening the file again after every operator: no broken strip, no lost file, no changed setting."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from artist import HANG_S, idle, status, turn_until
from edits import Edit
from scenarios import EDITING, RECORDS, Scenario, furnish, inbetweens, lead_by_a_line, made, preview, take_between
from shots3d import Shot3D
from walk import State, Walk, broken

from fcvg_blender import compat, operators
from fcvg_blender.edit import strips
from fcvg_blender.engine import find_python, places
from fcvg_blender.installer import find_pythons
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import menu_choices
from fcvg_blender.tasks import engine_state
from fcvg_blender.tasks.background import background_tasks

ROOT = Path(__file__).resolve().parents[3]
NEW_SCENE = ("Scene Edit", "blocks.scenes")


@pytest.fixture(scope="module", autouse=True)
def one_engine() -> Iterator[None]:
    """One engine for all walks; its dummy method takes its time."""
    session.end_engine(HANG_S)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCVG_DUMMY", "1")
        patch.setenv("FCVG_DUMMY_DELAY_S", "0.06")
        yield
        session.end_engine(HANG_S)


@pytest.fixture
def in_a_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Operators return at once, and the walk turns the timer."""
    monkeypatch.setattr(compat, "has_window", lambda: True)
    status().paused = False
    yield
    status().paused = False
    bpy.ops.fcvg.cancel()
    turn_until(idle)


@pytest.fixture
def slow_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dissolve is asked of the engine's dummy method."""
    word = menu_choices.engine_word
    monkeypatch.setattr(menu_choices, "engine_word", lambda name: "dummy" if name == "DISSOLVE" else word(name))


@pytest.mark.usefixtures("in_a_window")
@pytest.mark.parametrize("scenario", dict.fromkeys(each for found in EDITING.values() for each in found))
def test_every_step_can_be_taken_back_and_again(edit: Edit, scenario: Scenario) -> None:
    furnish(edit)
    walk = Walk(edit)
    scenario(walk)
    walk.work(lambda: edit.scene.timeline_markers.new("later", frame=70))
    walk.back_and_forth()
    assert walk.clicked >= {name for name, found in EDITING.items() if scenario in found}


def test_without_a_window_too(edit: Edit) -> None:
    """One long walk of a script, where each operator returns with what it was asked for."""
    furnish(edit)
    walk = Walk(edit)
    preview(walk)
    walk.work(lambda: setattr(walk.edit.settings, "method", "DISSOLVE"))
    made(walk)
    walk.click("retime", timing="EASE_IN")
    walk.click("make_missing", rewrites=RECORDS)
    walk.work(lambda: setattr(walk.edit.settings, "format", "PNG16"))
    walk.click("new_take")
    walk.click("show_take", number=1)
    walk.click("regenerate")
    walk.click("delete_take", number=2)
    walk.click("redo_range", first=12, last=13)
    walk.click("remove_inbetweens")
    walk.select(inbetweens().name)
    walk.click("promote_to_key", changes=("Scene/Key ",))
    walk.back_and_forth()


def test_inbetween_keyframes_can_be_taken_back_and_again(edit: Edit) -> None:
    shot = Shot3D(edit.folder)
    shot.move(4, 8, 12)
    shot.choices.frames = "4 8 12"
    walk = Walk(edit)
    walk.click("inbetween_keyframes", changes=NEW_SCENE)

    def move_a_key() -> None:
        cube = bpy.data.objects["Cube"]
        cube.location.x = 1.5
        cube.keyframe_insert("location", frame=8)

    walk.work(move_a_key)
    walk.click("inbetween_keyframes", changes=NEW_SCENE)
    assert [len(strip.fcvg.others) for _, strip in strips.ours()] == [1, 1]
    walk.back_and_forth()


def test_undo_leads_back_beyond_the_first_save(edit: Edit) -> None:
    """Which has moved the folders of all takes."""
    furnish(edit)
    bpy.ops.ed.undo_push(message="Begin")
    bpy.ops.fcvg.generate_inbetweens("EXEC_DEFAULT", True)
    edit.settings.format = "PNG16"
    bpy.ops.fcvg.new_take("EXEC_DEFAULT", True)
    edit.select("A", "B")
    lead_by_a_line(edit)
    bpy.ops.ed.undo_push(message="Work")
    bpy.ops.fcvg.preview_conditions("EXEC_DEFAULT", True)
    bpy.ops.fcvg.edit_matches("EXEC_DEFAULT", True)
    path = str(edit.folder / "film.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.ed.undo_push(message="Saved")
    kept = State.of(edit.folder).files
    for turn in (*[bpy.ops.ed.undo] * 6, *[bpy.ops.ed.redo] * 6, lambda: bpy.ops.wm.open_mainfile(filepath=path)):
        assert turn() == {"FINISHED"}
        assert broken() == []
        chosen = bpy.path.abspath(bpy.context.scene.fcvg.conditions.matches)
        assert not chosen or Path(chosen).is_file()
        assert State.of(edit.folder).files == kept


def delete_the_scene(walk: Walk) -> None:
    walk.work(lambda: bpy.data.scenes.remove(bpy.context.scene))


def cut_in_two(walk: Walk) -> None:
    walk.work(lambda: compat.split(inbetweens(), 13))


def shorten(walk: Walk) -> None:
    walk.work(lambda: compat.set_right(inbetweens(), 13))


def move(walk: Walk) -> None:
    walk.work(lambda: (setattr(inbetweens(), "channel", 12), compat.shift(inbetweens(), 30)))


def into_a_meta_strip(walk: Walk) -> None:
    walk.work(lambda: walk.edit.meta("Both", 12, inbetweens()))


def delete_a_key(walk: Walk) -> None:
    walk.work(lambda: compat.strips(walk.edit.scene).remove(walk.edit.named("B")))


def delete_the_strip(walk: Walk) -> None:
    walk.work(lambda: compat.strips(walk.edit.scene).remove(inbetweens()))


def cancel_it(walk: Walk) -> None:
    walk.click("cancel", gone=take_between("A"), take=take_between("A"))


def open_another_file(walk: Walk) -> None:
    walk.open_another_file_and_this_one_again()
    walk.select(inbetweens().name)
    walk.click("regenerate")


def another_take(walk: Walk) -> None:
    walk.work(lambda: setattr(walk.edit.settings, "format", "PNG16"))
    walk.begin("new_take", lambda: len(inbetweens().fcvg.others))


# What an artist does to inbetweens while they are being made.
MEANWHILE: dict[str, Scenario] = {
    "undo": lambda walk: None,
    "delete the strip": delete_the_strip,
    "delete the scene": delete_the_scene,
    "delete a key": delete_a_key,
    "cut in two": cut_in_two,
    "shorten": shorten,
    "move": move,
    "into a meta strip": into_a_meta_strip,
    "open another file": open_another_file,
    "another take": another_take,
    "cancel": cancel_it,
    "remove": lambda walk: walk.click("remove_inbetweens"),
    "retime": lambda walk: walk.click("retime", timing="EASE_OUT"),
    "pin": lambda walk: walk.click("pin_take", number=1),
    "pause and go on": lambda walk: (walk.click("pause_queue"), walk.click("pause_queue")),
    "look at the keys": lambda walk: walk.click("check_keys"),
}


@pytest.mark.usefixtures("in_a_window", "slow_method")
@pytest.mark.parametrize("scenario", MEANWHILE.values(), ids=MEANWHILE)
def test_while_frames_are_being_made(edit: Edit, scenario: Scenario) -> None:
    furnish(edit)
    walk = Walk(edit)
    walk.begin("generate_inbetweens", lambda: inbetweens().fcvg.made)
    scenario(walk)
    walk.back_and_forth()


# Operators that touch nothing that is in a file: the clipboard, the log, the file browser, messages in the panel,
# preferences, the engine and its models. In an order in which each has something to do.
AWAY: dict[str, dict[str, str]] = {
    "copy_recipe": {},
    "copy_report": {},
    "open_folder": {},
    "open_log": {},
    "open_licence": {"name": "film"},
    "show_model": {"name": "film"},
    "dismiss_error": {},
    "dismiss_left_out": {},
    "add_preset": {"name": "Mine"},
    "cancel_stills": {},
    "get_models": {},
    "test_engine": {},
    "check_models": {},
    "allow_online": {},
}
INSTALLING: dict[str, dict[str, str]] = {
    "install_engine": {},
    "update_engine": {},
    "repair_engine": {},
    "free_downloads": {},
    "open_install_log": {},
    "copy_install_report": {},
    "cancel_chore": {"key": "engine"},
    "list_models": {},
    "accept_licence": {"name": "svd-xt"},
    "download_model": {"name": "film"},
    "dismiss_trouble": {"key": "film"},
    "verify_model": {"name": "film"},
    "remove_model": {"name": "film"},
    "import_models": {"filepath": "FOLDER"},
    "models_report": {"directory": "FOLDER/inbetweens"},
    "hub_login": {"token": "none"},
    "run_doctor": {},
    "copy_doctor_report": {},
    "remove_engine": {},
}
# Those of them that have nothing to do here, or nothing without a network.
REFUSED = {"cancel_stills", "update_engine", "download_model", "import_models", "hub_login"}


@pytest.fixture
def finished(edit: Edit, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Inbetweens are made; the user is offline, has no file browser, and all that is theirs in a folder of its own."""
    furnish(edit)
    walk = Walk(edit)
    made(walk)
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    user = tmp_path_factory.mktemp("user")
    (user / "bin").mkdir()
    (user / "bin" / "xdg-open").write_text("#!/bin/sh\n")
    (user / "bin" / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", str(user / "bin"), prepend=os.pathsep)
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "HF_HOME", "FCVG_MODELS"):
        monkeypatch.setenv(name, str(user / name))
    return walk


@pytest.fixture
def without_an_engine(finished: Walk, tmp_path_factory: pytest.TempPathFactory, monkeypatch) -> Iterator[None]:
    """None was installed ever; the installer is one that only says what it does."""
    session.end_engine(HANG_S)
    source = tmp_path_factory.mktemp("source")  # a checkout's own environment would count as an engine
    for name in ("fcvg_engine", "fcvg_blender"):
        (source / name).symlink_to(ROOT / name)
    script = str(ROOT / "tests" / "scripted_installer.py")
    monkeypatch.setenv("FCVG_SCRIPT_ENGINE", str(find_python.find().path))
    monkeypatch.setenv("FCVG_SCRIPT_STEPS", "2")
    monkeypatch.setattr(find_pythons, "command", lambda verb, *words: [sys.executable, "-I", script, verb, *words])
    monkeypatch.setattr(places, "root", lambda: source)
    monkeypatch.delenv(find_python.VARIABLE, raising=False)
    engine_state.forget()
    yield
    background_tasks.close(HANG_S)
    session.end_engine(HANG_S)
    for known in (
        background_tasks.troubles,
        background_tasks.plans,
        background_tasks.models,
        background_tasks.notes,
        background_tasks.model_notes,
    ):
        known.clear()
    background_tasks.findings, background_tasks.engine_is_stale = None, False
    engine_state.forget()
    background_tasks.publish()


def leave_it_alone(walk: Walk, clicks: dict[str, dict[str, str]]) -> None:
    """Click each: the file is what it was, and there is nothing to be undone."""
    steps, refused, folder = len(walk.steps), set(), str(walk.edit.folder)
    for name, options in clicks.items():
        try:
            walk.click(name, **{key: text.replace("FOLDER", folder) for key, text in options.items()})
        except RuntimeError:
            refused.add(name)
    assert refused == REFUSED & set(clicks)
    assert len(walk.steps) == steps
    walk.back_and_forth()


def test_operators_beside_the_edit_leave_it_alone(finished: Walk) -> None:
    leave_it_alone(finished, AWAY)
    bpy.ops.fcvg.add_preset(name="Mine", remove_name=True)


@pytest.mark.usefixtures("without_an_engine")
def test_installing_leaves_the_edit_alone(finished: Walk) -> None:
    leave_it_alone(finished, INSTALLING)


def test_no_operator_is_forgotten() -> None:
    walked = {*EDITING, *AWAY, *INSTALLING, "inbetween_keyframes"}
    assert {f"fcvg.{name}" for name in walked} == {cls.bl_idname for cls in operators.CLASSES}
    assert walked == set(dir(bpy.ops.fcvg))
