# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist goes on editing while the engine draws, and things go wrong: no crash, no stale strip, no orphan."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import bpy
import pytest
from artist import DONE, INCOMPLETE, RUNNING, Shown, files, idle, ours, save, status, turn_until, two_strips
from edits import Edit

import fcvg_blender
from fcvg_blender import compat
from fcvg_blender.edit import strip_pictures, strips
from fcvg_blender.jobs import timer
from fcvg_blender.jobs.session import session
from fcvg_blender.settings import menu_choices

BREAKDOWN = "0003.png"  # of six frames, which comes first


@pytest.fixture(scope="module", autouse=True)
def slow_engine() -> Iterator[None]:
    """One engine for all tests that leave it alive; its dummy method takes its time."""
    session.end_engine(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCVG_DUMMY", "1")
        patch.setenv("FCVG_DUMMY_DELAY_S", "0.15")
        yield
        session.end_engine(60)


@pytest.fixture(autouse=True)
def with_a_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Operators return at once, as with a window, and the tests turn the timer."""
    word = menu_choices.engine_word
    monkeypatch.setattr(menu_choices, "engine_word", lambda name: "dummy" if name == "DISSOLVE" else word(name))
    monkeypatch.setattr(compat, "has_window", lambda: True)
    yield
    bpy.ops.fcvg.cancel()
    turn_until(idle)


@pytest.fixture
def before(edit: Edit) -> Shown:
    """The edit as it was before the click; the generation runs and has made its first frame."""
    two_strips(edit)
    save(edit)
    bpy.ops.ed.undo_push(message="Edit")
    shown = Shown.of(edit.scene)
    bpy.ops.fcvg.generate_inbetweens()
    bpy.ops.ed.undo_push(message="Generate Inbetweens")
    turn_until(lambda: ours().fcvg.made)
    assert ours().fcvg.state == RUNNING
    return shown


def engine_pid() -> int:
    assert session.client is not None and session.client.hello is not None
    return session.client.hello.pid


def finished() -> bool:
    return idle() and ours().fcvg.state == DONE


def test_frames_appear_while_the_artist_works(edit: Edit, before: Shown) -> None:
    assert BREAKDOWN in files(ours())
    assert "key_start.png" in files(ours())
    assert [(job.name, job.fraction > 0) for job in status().jobs] == [("A → B", True)]
    edit.named("A").mute = True
    ours().channel = 5
    turn_until(finished)
    assert ours().channel == 5
    assert not status().jobs


def test_cancel_leaves_the_edit_as_it_was(edit: Edit, before: Shown) -> None:
    folder = strips.folder(ours())
    bpy.ops.fcvg.cancel(job=status().jobs[0].id)
    assert Shown.of(edit.scene) == before
    assert not status().jobs
    turn_until(lambda: idle() and not folder.exists())
    assert not status().error_message


def test_cancelled_inbetweens_do_not_come_back_with_undo(edit: Edit, before: Shown) -> None:
    bpy.context.scene.timeline_markers.new("note", frame=3)
    bpy.ops.ed.undo_push(message="Marker")
    bpy.ops.fcvg.cancel()
    bpy.ops.ed.undo()
    assert ours() is None
    assert Shown.of(bpy.context.scene).layout == before.layout


def test_cancelling_a_resume_keeps_what_was_there_before(edit: Edit, before: Shown) -> None:
    os.kill(engine_pid(), signal.SIGKILL)
    turn_until(idle)
    made = ours().fcvg.made
    bpy.ops.fcvg.resume()
    turn_until(lambda: status().jobs[0].stage.startswith("Drawing"))
    bpy.ops.fcvg.cancel()
    assert ours().fcvg.state == INCOMPLETE
    assert ours().fcvg.made >= made
    turn_until(idle)
    assert (strips.folder(ours()) / BREAKDOWN).is_file()


def test_deleting_the_strip_stops_its_job_and_keeps_its_frames(edit: Edit, before: Shown) -> None:
    folder = strips.folder(ours())
    compat.strips(edit.scene).remove(ours())
    turn_until(idle)
    assert not status().jobs
    assert not status().error_message
    assert (folder / BREAKDOWN).is_file()


def test_undo_stops_the_job_and_redo_can_be_resumed(edit: Edit, before: Shown) -> None:
    bpy.ops.ed.undo()
    assert ours() is None
    turn_until(idle)
    bpy.ops.ed.redo()
    strip = ours()
    assert strip.fcvg.state == INCOMPLETE
    assert files(strip)[2] == BREAKDOWN
    strip.select = True
    bpy.context.scene.sequence_editor.active_strip = strip
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    turn_until(finished)
    assert files(ours())[-1] == "0006.png"


def test_undo_of_something_else_does_not_disturb_the_job(edit: Edit, before: Shown) -> None:
    bpy.context.scene.timeline_markers.new("note", frame=3)
    bpy.ops.ed.undo_push(message="Marker")
    bpy.ops.ed.undo()
    assert ours().fcvg.state == RUNNING
    assert files(ours())[2] == BREAKDOWN
    turn_until(finished)


def test_another_file_ends_the_job(edit: Edit, before: Shown) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not status().jobs
    turn_until(idle)
    assert not status().error_message


def test_saving_while_it_runs_and_opening_again_goes_on(edit: Edit, before: Shown) -> None:
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert ours().fcvg.state == RUNNING
    turn_until(finished)


def test_first_save_while_it_runs_moves_the_frames_when_it_is_done(edit: Edit) -> None:
    two_strips(edit)
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(lambda: ours().fcvg.made)
    blend = save(edit)
    turn_until(finished)
    assert strips.folder(ours()).parent == blend.parent / "inbetweens"
    assert (strips.folder(ours()) / "0006.png").is_file()


def test_a_crash_leaves_a_strip_that_can_be_resumed(edit: Edit, before: Shown) -> None:
    """The file was saved while frames were made; Blender and its engine are gone, and start again."""
    bpy.ops.wm.save_mainfile()
    blend = bpy.data.filepath
    session.jobs.clear()
    session.end_engine(60)
    bpy.ops.wm.open_mainfile(filepath=blend)
    assert ours().fcvg.state == INCOMPLETE
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    turn_until(finished)


def test_killed_engine_is_one_clear_error_and_the_next_click_works(edit: Edit, before: Shown) -> None:
    os.kill(engine_pid(), signal.SIGKILL)
    turn_until(idle)
    assert "killed the engine" in status().error_message
    assert status().error_hint
    assert ours().fcvg.state == INCOMPLETE
    assert not status().jobs
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    turn_until(finished)
    assert not status().error_message


def test_disabling_the_addon_ends_the_engine_and_enabling_it_can_resume(edit: Edit, before: Shown) -> None:
    pid = engine_pid()
    fcvg_blender.unregister()
    try:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert not hasattr(bpy.types.Scene, "fcvg")
        assert not bpy.app.timers.is_registered(timer.tick)
    finally:
        fcvg_blender.register()
    assert ours().fcvg.state == INCOMPLETE
    assert bpy.ops.fcvg.resume() == {"FINISHED"}
    turn_until(finished)


def test_two_generations_wait_for_each_other(edit: Edit, before: Shown) -> None:
    edit.select("A", "B")
    bpy.ops.fcvg.generate_inbetweens()
    turn_until(lambda: any(job.stage.startswith("Waiting for 1") for job in status().jobs))
    turn_until(idle)
    assert [strip.fcvg.state for _, strip in strips.ours()] == [DONE, DONE]
    assert len({strips.folder(strip) for _, strip in strips.ours()}) == 2


def test_removed_output_folder_is_a_clear_error(edit: Edit, before: Shown, monkeypatch) -> None:
    folder = strips.folder(ours())
    turn_until(lambda: ours().fcvg.made >= 2)
    aside = folder.rename(folder.with_name("aside"))
    turn_until(idle)
    assert status().error_message
    assert status().error_hint
    assert (aside / BREAKDOWN).is_file()


def test_an_error_of_our_own_is_shown_and_the_bar_goes(edit: Edit, before: Shown, monkeypatch) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(strip_pictures, "show", stumble)
    turn_until(lambda: status().error_message and not status().jobs)
    assert "a mistake" in status().error_message
    assert ours().fcvg.state == INCOMPLETE
